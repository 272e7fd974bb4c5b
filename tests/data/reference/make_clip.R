# CLIP (Heinze, Ploner and Beyea 2013, Stat Med 32:5062) of Firth's penalised likelihood over five data sets, for
# tests/imputation/test_clip.py and tests/analysis/regression/test_pooled_fit.py. Base R alone.
#
#   Rscript make_clip.R [folder]     # folder: of birthwt.csv; writes clip.json there (about 2 minutes)
#
# The penalised log-likelihood is written out and maximised over the other coefficients by optim (BFGS, numerical
# derivatives), so nothing here knows a score. The five data sets are birthwt.csv with some cells changed by a rule
# that needs no random numbers (`changed`). Limits by uniroot on the mean of the distribution functions; Monte Carlo
# errors by leaving out each data set and seeking the limits again.

args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args)) args[1] else "."
d <- read.csv(file.path(folder, "birthwt.csv"), colClasses = c(ptlc = "character"))
n <- nrow(d)

changed <- function(i) {
  rows <- seq_len(n)
  lwt <- d$lwt
  from <- ifelse(rows %% n == 0, 1, rows %% n + 1)
  take <- (rows + 3 * i) %% 5 == 0
  lwt[take] <- d$lwt[from][take]
  smoke <- d$smoke
  flip <- (rows * i) %% 9 == 1
  smoke[flip] <- 1 - smoke[flip]
  cbind(one = 1, lwt = lwt / 10, smoke = smoke, ht = d$ht, black = d$race == "black")
}
designs <- lapply(1:5, changed)
y <- d$low

penalised <- function(b, x) {
  eta <- drop(x %*% b)
  p <- plogis(eta)
  w <- p * (1 - p)
  sum(y * eta - log1p(exp(eta))) + determinant(crossprod(x, x * w))$modulus[1] / 2
}
maximised <- function(x, k, value, start) {
  free <- setdiff(seq_len(ncol(x)), k)
  scale <- apply(x, 2, sd)
  scale[1] <- 1
  whole <- function(a) { b <- start; b[free] <- a / scale[free]; if (length(k)) b[k] <- value; b }
  a <- start[free] * scale[free]
  for (again in 1:4) {
    fit <- optim(a, function(a) -penalised(whole(a), x), method = "BFGS",
                 control = list(reltol = 1e-16, maxit = 1000, ndeps = rep(1e-5, length(free))))
    a <- fit$par
  }
  list(value = -fit$value, b = whole(a))
}
zero <- rep(0, 5)
best <- lapply(designs, function(x) maximised(x, integer(0), NA, zero))

cdf <- function(value, k) sapply(1:5, function(i) {
  fall <- best[[i]]$value - maximised(designs[[i]], k, value, best[[i]]$b)$value
  pnorm(sign(value - best[[i]]$b[k]) * sqrt(2 * max(fall, 0)))
})
pooled <- function(k, kept) {
  estimate <- mean(sapply(best[kept], function(f) f$b[k]))
  at <- function(value) mean(cdf(value, k)[kept])
  reach <- 4 * diff(range(sapply(best, function(f) f$b[k]))) + 3 / sd(designs[[1]][, k])
  root <- function(share) uniroot(function(v) at(v) - share, estimate + c(-reach, reach), extendInt = "upX", tol = 1e-9)$root
  zero <- at(0)
  c(estimate = estimate, low = root(.025), high = root(.975), p = 2 * min(zero, 1 - zero))
}
terms <- colnames(designs[[1]])[-1]
rows <- sapply(2:5, function(k) {
  all <- pooled(k, 1:5)
  without <- sapply(1:5, function(i) pooled(k, setdiff(1:5, i)))
  errors <- sqrt(4 * apply(without, 1, function(v) mean((v - mean(v))^2)))
  sprintf('{"term": "%s", "estimate": %.12g, "low": %.12g, "high": %.12g, "p": %.12g, "mc": {"estimate": %.8g, "low": %.8g, "high": %.8g, "p": %.8g}}',
          terms[k - 1], all["estimate"], all["low"], all["high"], all["p"],
          errors["estimate"], errors["low"], errors["high"], errors["p"])
})
writeLines(sprintf('{\n  "m": 5,\n  "clip": [\n    %s\n  ]\n}', paste(rows, collapse = ",\n    ")), file.path(folder, "clip.json"))
