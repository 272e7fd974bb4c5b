# Methods for mice that draw the parameters of unordered and ordered levels, as Stata's mlogit and ologit do and mice's
# polyreg and polr do not; and pooling by Rubin's rules with large-sample degrees of freedom.

suppressPackageStartupMessages({
  library(mice)
  library(MASS)
  library(nnet)
})
# since 3.19.8 polr and polyreg compare the categories of one row with different uniforms: counts of levels are wrong
if (packageVersion("mice") >= "3.19.8") {
  stop("mice 3.19.8 and later draw categories wrongly; the oracle is 3.15.0")
}
options(contrasts = c("contr.treatment", "contr.treatment")) # levels against the first, ordered ones too

# Observed rows with pseudo-rows (White, Daniel and Royston 2010), numbers standardised for the optimiser.
supported <- function(y, ry, x, wy) {
  made <- mice:::augment(y, ry, x, wy)
  z <- as.matrix(made$x)
  spread <- apply(z, 2, sd)
  z <- scale(z, scale = ifelse(spread > 0, spread, 1))
  list(
    z = z[made$ry, , drop = FALSE], wanted = z[made$wy, , drop = FALSE],
    y = factor(as.character(made$y)[made$ry], levels = levels(y)), w = made$w[made$ry]
  )
}

chosen <- function(cumulative, levels) { # one uniform for each row
  place <- 1 + rowSums(runif(nrow(cumulative)) > cumulative)
  factor(levels[place], levels = levels)
}

mice.impute.mlogitP <- function(y, ry, x, wy = NULL, ...) {
  if (is.null(wy)) wy <- !ry
  part <- supported(y, ry, x, wy)
  fit <- multinom(part$y ~ part$z, weights = part$w, Hess = TRUE, trace = FALSE, maxit = 500, reltol = 1e-12)
  drawn <- mvrnorm(1, as.vector(t(coef(fit))), solve(fit$Hessian))
  weight <- exp(cbind(0, cbind(1, part$wanted) %*% matrix(drawn, ncol = nlevels(y) - 1)))
  share <- weight / rowSums(weight)
  chosen(t(apply(share, 1, cumsum))[, -nlevels(y), drop = FALSE], levels(y))
}

mice.impute.ologitP <- function(y, ry, x, wy = NULL, ...) {
  if (is.null(wy)) wy <- !ry
  part <- supported(y, ry, x, wy)
  part$y <- factor(part$y, ordered = TRUE)
  share <- cumsum(tapply(part$w, part$y, sum) / sum(part$w))
  start <- c(rep(0, ncol(part$z)), qlogis(share[-length(share)]))
  fit <- polr(part$y ~ part$z, weights = part$w, start = start, Hess = TRUE, control = list(reltol = 1e-10))
  drawn <- mvrnorm(1, c(fit$coefficients, fit$zeta), vcov(fit))
  p <- ncol(part$z)
  cuts <- sort(drawn[-seq_len(p)])
  chosen(plogis(outer(-drop(part$wanted %*% drawn[seq_len(p)]), cuts, "+")), levels(y))
}

# One row per coefficient. Rubin 1987, eq. 3.1.2 to 3.1.10; the Monte Carlo error of an estimate is sqrt(B/m).
pooled <- function(fits, terms) {
  estimates <- sapply(fits, coef)
  within <- rowMeans(sapply(fits, function(fit) diag(vcov(fit))))
  m <- length(fits)
  between <- apply(estimates, 1, var)
  total <- within + (1 + 1 / m) * between
  riv <- (1 + 1 / m) * between / within
  df <- (m - 1) * (1 + 1 / riv)^2
  estimate <- rowMeans(estimates)
  std_error <- sqrt(total)
  data.frame(
    term = terms, estimate = estimate, std_error = std_error, df = df,
    p_value = 2 * pt(-abs(estimate / std_error), df),
    conf_low = estimate - qt(0.975, df) * std_error, conf_high = estimate + qt(0.975, df) * std_error,
    fmi = (riv + 2 / (df + 3)) / (1 + riv), mc_error = sqrt(between / m), row.names = NULL
  )
}
