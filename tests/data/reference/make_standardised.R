# Marginal standardisation of two logistic models of birthwt.csv, for tests/analysis/regression/test_standardise.py. Base R alone.
#
#   Rscript make_standardised.R [folder]     # folder: of birthwt.csv; writes standardised.json there
#
# For every setting: each woman's columns are set, the fitted probabilities averaged; the logit of that mean has its
# variance by the delta method, with derivatives by central differences (not from a formula). Firth's estimates by
# Newton's method on the modified score (Firth 1993); the constant after it so that the mean is the share (FLIC).

args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args)) args[1] else "."
d <- read.csv(file.path(folder, "birthwt.csv"), colClasses = c(ptlc = "character"))
x <- cbind(one = 1, age = d$age / 5, lwt = d$lwt / 10, black = d$race == "black", other = d$race == "other",
           smoke = d$smoke == 1, ptlc = match(d$ptlc, c("0", "1", "2+")) - 1)
y <- d$low

ml <- glm.fit(x, y, family = binomial(), control = list(epsilon = 1e-14, maxit = 100))
information <- function(b) { p <- plogis(drop(x %*% b)); crossprod(x, x * p * (1 - p)) }

firth <- rep(0, ncol(x))
for (i in 1:500) {
  p <- plogis(drop(x %*% firth)); w <- p * (1 - p); v <- solve(crossprod(x, x * w))
  h <- w * rowSums((x %*% v) * x)
  step <- drop(v %*% crossprod(x, y - p + h * (0.5 - p)))
  firth <- firth + step
  if (max(abs(step)) < 1e-13) break
}
rest <- drop(x[, -1] %*% firth[-1])
flic <- firth
flic[1] <- uniroot(function(a) sum(plogis(a + rest) - y), c(-30, 30), tol = 1e-14)$root

quartiles <- function(v) as.numeric(quantile(v, c(.25, .75), type = 2))
settings <- list(
  list("age", "lower", c(age = quartiles(x[, "age"])[1])), list("age", "upper", c(age = quartiles(x[, "age"])[2])),
  list("lwt", "lower", c(lwt = quartiles(x[, "lwt"])[1])), list("lwt", "upper", c(lwt = quartiles(x[, "lwt"])[2])),
  list("race", "white", c(black = 0, other = 0)), list("race", "black", c(black = 1, other = 0)),
  list("race", "other", c(black = 0, other = 1)), list("smoke", "No", c(smoke = 0)),
  list("smoke", "Yes", c(smoke = 1)), list("ptlc", "0", c(ptlc = 0)), list("ptlc", "2+", c(ptlc = 2)))

standardised <- function(b, covariance, s) {
  z <- x
  for (name in names(s[[3]])) z[, name] <- s[[3]][[name]]
  mean_logit <- function(b) qlogis(mean(plogis(drop(z %*% b))))
  slope <- sapply(seq_along(b), function(k) {
    e <- replace(numeric(length(b)), k, 1e-5)
    (mean_logit(b + e) - mean_logit(b - e)) / 2e-5
  })
  se <- sqrt(drop(slope %*% covariance %*% slope))
  at <- mean_logit(b)
  sprintf('{"variable": "%s", "level": "%s", "estimate": %.15g, "std_error": %.10g, "low": %.10g, "high": %.10g}',
          s[[1]], s[[2]], plogis(at), se, plogis(at - qnorm(.975) * se), plogis(at + qnorm(.975) * se))
}
block <- function(b, covariance) paste(sapply(settings, function(s) standardised(b, covariance, s)), collapse = ",\n    ")
writeLines(sprintf('{\n  "coef": [%s],\n  "firth": [%s],\n  "flic_intercept": %.15g,\n  "logit": [\n    %s\n  ],\n  "flic": [\n    %s\n  ]\n}',
  paste(sprintf("%.15g", ml$coefficients), collapse = ", "), paste(sprintf("%.15g", firth), collapse = ", "), flic[1],
  block(ml$coefficients, solve(information(ml$coefficients))), block(flic, solve(information(firth)))),
  file.path(folder, "standardised.json"))
