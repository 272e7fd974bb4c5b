# Reference numbers for the tests, made with R (base, stats, MASS). Writes reference.json beside birthwt.csv.
#
#   Rscript make_reference.R [folder] [deterministic.json]
#
# folder: where birthwt.csv is and reference.json goes (default: the working directory).
# deterministic.json: the file the section "shared" is copied from; without it, "shared" is kept from the
# reference.json that is there already.
# jsonlite only reads that one file; the writer below is our own (doubles at 17 significant digits).

suppressPackageStartupMessages(library(MASS))
args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args) >= 1) args[1] else "."
source_shared <- if (length(args) >= 2) args[2] else file.path(folder, "reference.json")
options(warn = 1)

# ---------------------------------------------------------------- writing JSON
number <- function(x) {
  if (is.na(x) || is.infinite(x)) return("null")
  short <- sprintf("%.15g", x)
  if (identical(as.numeric(short), as.numeric(x))) short else sprintf("%.17g", x)
}
quoted <- function(x) paste0("\"", gsub("\"", "\\\\\"", gsub("\\\\", "\\\\\\\\", x)), "\"")
scalar <- function(x) {
  if (is.null(x)) "null" else if (is.character(x)) (if (is.na(x)) "null" else quoted(x))
  else if (is.logical(x)) (if (is.na(x)) "null" else if (x) "true" else "false") else number(x)
}
# Lists with names are objects, lists without are arrays; a vector of length 1 is a scalar unless wrapped in I().
json <- function(x, indent = 0) {
  pad <- strrep("  ", indent + 1)
  end <- strrep("  ", indent)
  if (is.null(x)) return("null")
  if (is.matrix(x)) return(json(lapply(seq_len(nrow(x)), function(i) I(unname(x[i, ]))), indent))
  if (is.list(x)) {
    if (length(x) == 0) return(if (is.null(names(x))) "[]" else "{}")
    parts <- vapply(x, json, "", indent = indent + 1)
    if (!is.null(names(x))) parts <- paste0(quoted(names(x)), ": ", parts)
    flat <- is.null(names(x)) && all(vapply(x, function(e) !is.list(e) && !is.matrix(e), TRUE))
    if (flat && sum(nchar(parts)) < 100) return(paste0("[", paste(parts, collapse = ", "), "]"))
    open <- if (is.null(names(x))) c("[", "]") else c("{", "}")
    return(paste0(open[1], "\n", pad, paste(parts, collapse = paste0(",\n", pad)), "\n", end, open[2]))
  }
  if (length(x) == 1 && !inherits(x, "AsIs")) return(scalar(x))
  paste0("[", paste(vapply(seq_along(x), function(i) scalar(unclass(x)[i]), ""), collapse = ", "), "]")
}

# ---------------------------------------------------------------- 1 contingency tables
# Fisher's p of a 2 x c table by complete enumeration in two halves ("meet in the middle"): log point
# probabilities of the left and the right columns, then for each left part the summed probability of the right
# parts that make a table no more probable than the observed (relative tolerance 1e-7, as fisher.test for 2 x 2).
# fisher.test itself uses FEXACT for c > 2 (Mehta and Patel 1986, ACM TOMS 12:154), which merges path lengths
# that differ by less than about 1e-7. NULL where a half would have more than `limit` parts.
fisher_enumerated <- function(tab, limit = 6e6) {
  cols <- colSums(tab)
  r1 <- sum(tab[1, ])
  n <- sum(tab)
  left <- order(cols)[seq(1, length(cols), by = 2)]
  half <- list(left, setdiff(seq_along(cols), left))
  if (any(vapply(half, function(h) prod(cols[h] + 1), 0) > limit)) return(NULL)
  parts <- lapply(half, function(h) {
    s <- 0
    lp <- 0
    for (j in h) {
      a <- 0:cols[j]
      s <- as.vector(outer(s, a, "+"))
      lp <- as.vector(outer(lp, lchoose(cols[j], a), "+"))
    }
    split(lp, factor(s, levels = 0:r1))
  })
  total <- lchoose(n, r1)
  bound <- sum(lchoose(cols, tab[1, ])) + log1p(1e-7)
  p <- 0
  for (s in 0:r1) {
    a <- parts[[1]][[s + 1]]
    b <- sort(parts[[2]][[r1 - s + 1]])
    if (length(a) == 0 || length(b) == 0) next
    cum <- c(0, cumsum(exp(b - max(b))))
    k <- findInterval(bound - a, b)
    p <- p + sum(exp(a + max(b) - total) * cum[k + 1])
  }
  min(p, 1)
}

tables <- list(
  low_by_smoke = rbind(c(86, 44), c(29, 30)),
  small_2x2 = rbind(c(8, 2), c(1, 5)),
  no_association_2x2 = rbind(c(10, 10), c(10, 10)),
  zero_cell_2x2 = rbind(c(0, 5), c(7, 3)),
  strong_2x2 = rbind(c(1, 9), c(11, 3)),
  tea_2x2 = rbind(c(3, 1), c(1, 3)),
  unbalanced_279_2x2 = rbind(c(1, 14), c(3, 261)),
  diagonal_2x2 = rbind(c(5, 0), c(0, 4)),
  tied_probabilities_2x2 = rbind(c(12, 7), c(7, 12)),
  n2000_2x2 = rbind(c(980, 20), c(955, 45)),
  yates_less_than_half_2x2 = rbind(c(50, 51), c(49, 50)),
  tiny_2x2 = rbind(c(1, 0), c(0, 1)),
  small_2x3 = rbind(c(3, 5, 9), c(7, 4, 2)),
  zero_cell_2x3 = rbind(c(0, 3, 8), c(6, 2, 1)),
  no_association_2x3 = rbind(c(5, 5, 5), c(5, 5, 5)),
  low_by_race = rbind(c(73, 15, 42), c(23, 11, 25)),
  n2000_2x3 = rbind(c(400, 350, 250), c(380, 330, 290)),
  zero_cell_2x4 = rbind(c(4, 0, 2, 9), c(1, 6, 3, 2)),
  groups_99_179_2x4 = rbind(c(40, 25, 18, 16), c(60, 55, 34, 30)),
  tied_probabilities_2x4 = rbind(c(1, 2, 3, 4), c(4, 3, 2, 1)),
  zero_cell_2x5 = rbind(c(10, 8, 3, 1, 0), c(7, 12, 6, 2, 3)),
  unbalanced_279_2x5 = rbind(c(2, 0, 1, 0, 3), c(141, 60, 41, 20, 11)),
  small_2x6 = rbind(c(3, 1, 0, 2, 4, 1), c(2, 5, 3, 1, 0, 2)),
  groups_99_179_2x6 = rbind(c(20, 15, 12, 9, 7, 36), c(33, 41, 22, 18, 15, 50)),
  small_2x7 = rbind(c(1, 0, 2, 0, 1, 3, 0), c(2, 3, 0, 4, 1, 0, 1)),
  groups_99_179_2x7 = rbind(c(14, 22, 9, 17, 11, 20, 6), c(31, 28, 25, 24, 29, 27, 15)),
  n2000_2x7 = rbind(c(180, 150, 220, 90, 60, 240, 60), c(200, 130, 190, 110, 85, 225, 60))
)
contingency <- lapply(names(tables), function(name) {
  tab <- tables[[name]]
  plain <- suppressWarnings(chisq.test(tab, correct = FALSE))
  out <- list(
    name = name, table = tab, n = sum(tab), expected_min = min(plain$expected),
    chi2 = unname(plain$statistic), df = unname(plain$parameter), p = plain$p.value
  )
  if (all(dim(tab) == 2)) {
    yates <- suppressWarnings(chisq.test(tab, correct = TRUE))
    out$chi2_yates <- unname(yates$statistic)
    out$p_yates <- yates$p.value
  } else {
    out["chi2_yates"] <- list(NULL)
    out["p_yates"] <- list(NULL)
  }
  fisher <- tryCatch(fisher.test(tab, workspace = 2e8)$p.value, error = function(e) {
    message(name, ": fisher.test: ", conditionMessage(e))
    NULL
  })
  out["fisher_p"] <- list(fisher)
  out["fisher_p_enumerated"] <- list(fisher_enumerated(tab))
  out$cramers_v <- sqrt(out$chi2 / (sum(tab) * min(dim(tab) - 1)))
  out
})

# ---------------------------------------------------------------- 2 two groups, a number
bw <- read.csv(file.path(folder, "birthwt.csv"))
bw$race <- relevel(factor(bw$race), ref = "white")
n99 <- seq_len(99)
n179 <- seq_len(179)
pairs <- list(
  lwt_by_smoke = list(bw$lwt[bw$smoke == 1], bw$lwt[bw$smoke == 0]),
  age_by_low = list(bw$age[bw$low == 1], bw$age[bw$low == 0]),
  ftv_by_ht_skewed = list(bw$ftv[bw$ht == 1], bw$ftv[bw$ht == 0]),
  ptl_by_low_many_ties = list(bw$ptl[bw$low == 1], bw$ptl[bw$low == 0]),
  n2_n3 = list(c(1.5, 2.75), c(3.25, 4, 6.5)),
  n2_n2 = list(c(1, 2), c(2, 4)),
  equal_in_one_group = list(c(5, 5, 5, 5), c(3, 4, 6, 7, 9, 5)),
  skewed_99_179 = list(floor((n99 * 37 %% 101)^2 / 700), floor((n179 * 53 %% 181)^2 / 2000)),
  decimals_unequal_variance = list(
    c(12.31, 9.87, 15.02, 11.4, 13.66, 10.05, 8.79, 14.21),
    c(21.9, 2.45, 33.1, 17.62, 8.08, 40.37, 12.5, 28.74, 5.33, 19.96, 24.8)
  ),
  no_difference = list(c(1, 2, 3, 4, 5, 6), c(6, 5, 4, 3, 2, 1)),
  large_offset = list(1e6 + c(1, 2, 4, 7, 11, 16), 1e6 + c(3, 5, 5, 8, 13, 21, 34))
)
t_block <- function(test) {
  list(t = unname(test$statistic), df = unname(test$parameter), p = test$p.value, ci = I(as.vector(test$conf.int)))
}
two_group <- lapply(names(pairs), function(name) {
  x <- as.numeric(pairs[[name]][[1]])
  y <- as.numeric(pairs[[name]][[2]])
  n1 <- length(x)
  n0 <- length(y)
  difference <- mean(x) - mean(y)
  pooled_sd <- sqrt(((n1 - 1) * var(x) + (n0 - 1) * var(y)) / (n1 + n0 - 2))
  corrected <- wilcox.test(x, y, exact = FALSE, correct = TRUE)
  uncorrected <- wilcox.test(x, y, exact = FALSE, correct = FALSE)
  list(
    name = name, x = I(x), y = I(y), n_x = n1, n_y = n0, mean_x = mean(x), mean_y = mean(y), sd_x = sd(x), sd_y = sd(y),
    difference = difference,
    t_pooled = t_block(t.test(x, y, var.equal = TRUE)), t_welch = t_block(t.test(x, y, var.equal = FALSE)),
    wilcoxon = list(
      w = unname(corrected$statistic), p_corrected = corrected$p.value, p_uncorrected = uncorrected$p.value
    ),
    cohens_d = difference / pooled_sd, pooled_sd = pooled_sd,
    standardised_difference = difference / sqrt((var(x) + var(y)) / 2)
  )
})

# ---------------------------------------------------------------- 3 difference of two proportions
# Newcombe RG (1998) Interval estimation for the difference between independent proportions: comparison of eleven
# methods. Statistics in Medicine 17:873-890, method 10: two Wilson score intervals, squared and added.
# "published" is the row of method 10 in his Table II, where the pair is an example there.
wilson <- function(x, n, z) {
  p <- x / n
  half <- z * sqrt(z^2 + 4 * n * p * (1 - p))
  (2 * n * p + z^2 + c(-half, half)) / (2 * (n + z^2))
}
proportions <- list(
  list("newcombe_a", 56, 70, 48, 80, c(0.0524, 0.3339)),
  list("newcombe_b", 9, 10, 3, 10, c(0.1705, 0.8090)),
  list("newcombe_c", 6, 7, 2, 7, c(0.0582, 0.8062)),
  list("newcombe_d", 5, 56, 0, 29, c(-0.0381, 0.1926)),
  list("newcombe_e", 0, 10, 0, 20, c(-0.1611, 0.2775)),
  list("newcombe_f", 0, 10, 0, 10, c(-0.2775, 0.2775)),
  list("newcombe_g", 10, 10, 0, 20, c(0.6791, 1.0000)),
  list("newcombe_h", 10, 10, 0, 10, c(0.6075, 1.0000)),
  list("groups_99_179", 45, 99, 62, 179, NULL),
  list("tiny", 1, 2, 0, 3, NULL),
  list("rare_unbalanced", 3, 264, 1, 15, NULL),
  list("large", 177, 1000, 120, 1000, NULL),
  list("both_all", 12, 12, 30, 30, NULL)
)
newcombe <- lapply(proportions, function(case) {
  z <- qnorm(0.975)
  p1 <- case[[2]] / case[[3]]
  p2 <- case[[4]] / case[[5]]
  w1 <- wilson(case[[2]], case[[3]], z)
  w2 <- wilson(case[[4]], case[[5]], z)
  d <- p1 - p2
  lower <- d - sqrt((p1 - w1[1])^2 + (w2[2] - p2)^2)
  upper <- d + sqrt((w1[2] - p1)^2 + (p2 - w2[1])^2)
  out <- list(
    name = case[[1]], x1 = case[[2]], n1 = case[[3]], x2 = case[[4]], n2 = case[[5]], difference = d,
    ci = I(c(lower, upper)), wilson1 = I(w1), wilson2 = I(w2)
  )
  published <- case[[6]]
  out["published"] <- list(if (is.null(published)) NULL else I(published))
  out["agrees_with_published"] <- list(
    if (is.null(published)) NULL else identical(sprintf("%.4f", c(lower, upper)), sprintf("%.4f", published))
  )
  out
})

# ---------------------------------------------------------------- 3b standardised difference of categories
# Yang D, Dalton JE (2012) A unified approach to measuring the effect size between two groups using SAS.
# SAS Global Forum 2012, paper 335: T and C are the proportions of all levels but the first.
categories <- list(
  two_levels = rbind(c(86, 44), c(29, 30)),
  three_levels = rbind(c(40, 26, 33), c(96, 31, 52)),
  four_levels_zero_cell = rbind(c(12, 0, 7, 5), c(20, 6, 9, 15)),
  five_levels = rbind(c(20, 15, 22, 24, 18), c(33, 41, 22, 50, 33))
)
standardised_difference <- lapply(names(categories), function(name) {
  counts <- categories[[name]]
  p <- counts / rowSums(counts)
  smd <- function(drop) {
    tt <- p[1, -drop]
    cc <- p[2, -drop]
    s <- (diag(tt, length(tt)) - tcrossprod(tt) + diag(cc, length(cc)) - tcrossprod(cc)) / 2
    sqrt(drop(t(tt - cc) %*% solve(s) %*% (tt - cc)))
  }
  stopifnot(abs(smd(1) - smd(ncol(p))) < 1e-12) # which level is left out does not matter
  out <- list(name = name, counts = counts, proportions = p, standardised_difference = smd(1))
  out["two_level_formula"] <- list(
    if (ncol(p) == 2) abs(diff(p[, 2])) / sqrt(sum(p[, 2] * (1 - p[, 2])) / 2) else NULL
  )
  out
})

# ---------------------------------------------------------------- 4 logistic regression
control <- glm.control(epsilon = 1e-14, maxit = 100)
# Fitted again from its own answer, so that the weights in vcov are those of the final coefficients, too.
fit_glm <- function(formula, data) {
  fit <- glm(formula, binomial, data, control = control)
  for (i in 1:2) fit <- glm(formula, binomial, data, control = control, start = coef(fit))
  fit
}
fit_columns <- function(x, y, offset = rep(0, length(y)), start = NULL) {
  suppressWarnings(glm.fit(x, y, family = binomial(), offset = offset, control = control, start = start))
}
formulas <- list(
  full = low ~ age + lwt + race + smoke + ptl + ht + ui + ftv,
  smoke = low ~ smoke,
  race = low ~ race,
  lwt = low ~ lwt,
  age_smoke_ht = low ~ age + smoke + ht,
  rare_outcome = ht ~ age + lwt + smoke,
  stata_lbw = low ~ age + lwt + race + smoke + ptl + ht + ui
)
# Stata's lbw.dta, which its manual uses, has 106 where MASS::birthwt (and birthwt.csv) has 105: with that one change
# its published output is met to all digits (log likelihood -100.724, not -100.713).
data_for <- function(name) {
  if (name == "stata_lbw") bw$lwt[182] <- bw$lwt[182] + 1
  bw
}
data_change <- function(name) {
  if (name == "stata_lbw") list(row = 182, column = "lwt", from = 105, to = 106) else NULL
}
# Stata Base Reference Manual, [R] logistic, [R] estat gof, [R] lroc: what is printed there.
published <- function(name) {
  if (name != "stata_lbw") return(NULL)
  list(
    loglik = "-100.724", lr_chi2 = "33.22", pearson_chi2 = "179.24", pearson_p = "0.3567",
    hosmer_lemeshow_chi2 = "9.65", hosmer_lemeshow_p = "0.2904", auc = "0.7462"
  )
}
text <- function(formula) paste(deparse(formula, width.cutoff = 500), collapse = " ")

# Profile-likelihood limits without interpolation: where the deviance is above its least by qchisq(0.95, 1).
profile_limits <- function(x, y, coefs, se, deviance) {
  target <- qnorm(0.975)
  t(vapply(seq_along(coefs), function(j) {
    vapply(c(-1, 1), function(side) {
      excess <- function(b) {
        d <- fit_columns(x[, -j, drop = FALSE], y, offset = x[, j] * b)$deviance - deviance
        sqrt(max(d, 0)) - target
      }
      near <- coefs[j] + side * 0.5 * se[j]
      far <- coefs[j] + side * 3 * se[j]
      while (excess(far) < 0) far <- coefs[j] + 2 * (far - coefs[j])
      uniroot(excess, sort(c(near, far)), tol = 1e-12, maxiter = 1000)$root
    }, 0)
  }, numeric(2)))
}
joint_wald <- function(b, v, columns) {
  chi2 <- drop(t(b[columns]) %*% solve(v[columns, columns], b[columns]))
  list(chi2 = chi2, df = length(columns), p = pchisq(chi2, length(columns), lower.tail = FALSE))
}
fits <- lapply(names(formulas), function(name) fit_glm(formulas[[name]], data_for(name)))
names(fits) <- names(formulas)
logistic <- lapply(names(formulas), function(name) {
  fit <- fits[[name]]
  x <- model.matrix(fit)
  y <- fit$y
  b <- coef(fit)
  v <- vcov(fit)
  w <- fitted(fit) * (1 - fitted(fit))
  stopifnot(max(abs(v / solve(crossprod(x, w * x)) - 1)) < 1e-8, max(abs(crossprod(x, y - fitted(fit)))) < 1e-8)
  se <- sqrt(diag(v))
  z <- b / se
  dropped <- vapply(seq_along(b), function(j) fit_columns(x[, -j, drop = FALSE], y)$deviance, 0) - deviance(fit)
  null <- glm(y ~ 1, binomial, control = control)
  limits <- profile_limits(x, y, b, se, deviance(fit))
  interpolated <- suppressWarnings(suppressMessages(confint(fit)))
  race <- grep("^race", names(b))
  out <- list(
    name = name, formula = text(formulas[[name]]), n = length(y), events = sum(y), terms = I(names(b)),
    coef = I(unname(b)), se = I(unname(se)), z = I(unname(z)), p = I(unname(2 * pnorm(-abs(z)))), vcov = unname(v),
    wald_ci = unname(cbind(b - qnorm(0.975) * se, b + qnorm(0.975) * se)),
    profile_ci = unname(limits), profile_ci_confint = unname(interpolated),
    loglik = -deviance(fit) / 2, deviance = deviance(fit), null_loglik = -deviance(null) / 2,
    lr_chi2 = deviance(null) - deviance(fit), lr_df = length(b) - 1,
    lr_p = pchisq(deviance(null) - deviance(fit), length(b) - 1, lower.tail = FALSE),
    drop_column_chi2 = I(dropped), drop_column_p = I(pchisq(dropped, 1, lower.tail = FALSE))
  )
  out["wald_race"] <- list(if (length(race)) joint_wald(b, v, race) else NULL)
  out["data_change"] <- list(data_change(name))
  out
})

# ---------------------------------------------------------------- 5 model checks
# Rows of the same covariate pattern get the same number, so that ties are ties.
pattern <- function(x) {
  key <- apply(x, 1, function(r) paste(sprintf("%.17g", r), collapse = " "))
  match(key, unique(key))
}
probability <- function(fit) {
  x <- model.matrix(fit)
  id <- pattern(x)
  plogis(drop(x[!duplicated(id), , drop = FALSE] %*% coef(fit)))[id]
}
# Groups by Stata's xtile / pctile: the k-th cut is the first value whose cumulated count is above n k / groups;
# where a cumulated count is exactly n k / groups, the mean of that value and the next. A row is in the first group
# whose cut it does not exceed, so ties stay together (Stata [D] pctile, [R] estat gof, Methods and formulas).
hosmer_lemeshow <- function(y, p, groups = 10) {
  values <- sort(unique(p))
  cumulated <- cumsum(tabulate(match(p, values)))
  n <- length(p)
  cuts <- vapply(seq_len(groups - 1), function(k) {
    exact <- which(cumulated * groups == n * k)
    if (length(exact)) mean(values[exact + 0:1]) else values[which(cumulated * groups > n * k)[1]]
  }, 0)
  group <- 1 + vapply(p, function(v) sum(cuts < v), 0)
  used <- sort(unique(group))
  total <- vapply(used, function(g) sum(group == g), 0)
  observed <- vapply(used, function(g) sum(y[group == g]), 0)
  expected <- vapply(used, function(g) sum(p[group == g]), 0)
  chi2 <- sum((observed - expected)^2 / (expected * (1 - expected / total)))
  df <- length(used) - 2
  list(
    groups = length(used), cuts = I(c(cuts, max(p))[used]), n = I(total), observed = I(observed), expected = I(expected),
    chi2 = chi2, df = df, p = pchisq(chi2, df, lower.tail = FALSE)
  )
}
# Pearson over covariate patterns (Stata [R] estat gof): df = patterns - coefficients with the constant.
pearson_patterns <- function(fit, p) {
  id <- pattern(model.matrix(fit))
  m <- tabulate(id)
  observed <- as.vector(tapply(fit$y, id, sum))
  expected <- as.vector(tapply(p, id, sum))
  chi2 <- sum((observed - expected)^2 / (expected * (1 - expected / m)))
  df <- length(m) - length(coef(fit))
  list(patterns = length(m), chi2 = chi2, df = df, p = pchisq(chi2, df, lower.tail = FALSE))
}
# DeLong ER, DeLong DM, Clarke-Pearson DL (1988) Biometrics 44:837-845.
delong <- function(y, p) {
  wins <- outer(p[y == 1], p[y == 0], function(a, b) (a > b) + 0.5 * (a == b))
  v10 <- rowMeans(wins)
  v01 <- colMeans(wins)
  auc <- mean(wins)
  se <- sqrt(var(v10) / length(v10) + var(v01) / length(v01))
  list(auc = auc, se = se, ci = I(auc + c(-1, 1) * qnorm(0.975) * se), events = length(v10), non_events = length(v01))
}
linktest <- function(y, xb) {
  fit <- fit_glm(y ~ hat + hatsq, data.frame(y = y, hat = xb, hatsq = xb^2))
  b <- coef(fit)
  se <- sqrt(diag(vcov(fit)))
  list(
    terms = I(c("_cons", "_hat", "_hatsq")), coef = I(unname(b)), se = I(unname(se)), z = I(unname(b / se)),
    p = I(unname(2 * pnorm(-abs(b / se))))
  )
}
vif <- function(x) {
  x <- x[, -1, drop = FALSE]
  value <- vapply(seq_len(ncol(x)), function(j) 1 / (1 - summary(lm(x[, j] ~ x[, -j]))$r.squared), 0)
  list(terms = I(colnames(x)), vif = I(value))
}
extremes <- function(m, bound) {
  row <- apply(abs(m), 2, function(v) which(v > max(v) - 1e-9)[1]) # the first of equal rows
  value <- m[cbind(row, seq_len(ncol(m)))]
  list(
    max_abs = I(abs(value)), max_row = I(unname(row)), value_at_max = I(value), bound = bound,
    above = I(unname(colSums(abs(m) > bound)))
  )
}
influence_blocks <- function(fit) {
  x <- model.matrix(fit)
  y <- fit$y
  se <- sqrt(diag(vcov(fit)))
  n <- length(y)
  bound <- 2 / sqrt(n)
  mu <- fitted(fit)
  wx <- sqrt(mu * (1 - mu)) * x
  inverse <- solve(crossprod(wx))
  hat <- rowSums((wx %*% inverse) * wx)
  # R's dfbeta of a glm is the one-step change with the DEVIANCE residual (lm.influence takes weighted.residuals),
  # and dfbetas divides it by sqrt(diag of the unscaled covariance) and by the leave-one-out residual SD (sigma).
  # Pregibon's (1981, Annals of Statistics 9:705) one step has the raw residual y - mu instead.
  deviance_residual <- residuals(fit, "deviance")
  stopifnot(
    max(abs((wx * (deviance_residual / (1 - hat))) %*% inverse - dfbeta(fit))) < 1e-8,
    max(abs(dfbetas(fit) - sweep(dfbeta(fit), 2, se, "/") / influence(fit)$sigma)) < 1e-8
  )
  pregibon <- (x * ((y - mu) / (1 - hat))) %*% inverse
  exact <- t(vapply(seq_len(n), function(i) coef(fit) - fit_columns(x[-i, ], y[-i], start = coef(fit))$coefficients, se))
  list(
    terms = I(names(coef(fit))),
    dfbetas = extremes(dfbetas(fit), bound),
    dfbeta_over_se = extremes(sweep(dfbeta(fit), 2, se, "/"), bound),
    pregibon_over_se = extremes(sweep(pregibon, 2, se, "/"), bound),
    leave_one_out_over_se = extremes(sweep(exact, 2, se, "/"), bound)
  )
}
# Harrell FE, Regression Modeling Strategies, restricted cubic spline: the non-linear terms, divided by (t_k - t_1)^2.
spline_terms <- function(v, knots) {
  k <- length(knots)
  cube <- function(t) pmax(v - t, 0)^3
  last <- knots[k] - knots[k - 1]
  vapply(seq_len(k - 2), function(j) {
    (cube(knots[j]) - cube(knots[k - 1]) * (knots[k] - knots[j]) / last
      + cube(knots[k]) * (knots[k - 1] - knots[j]) / last) / (knots[k] - knots[1])^2
  }, v)
}
spline_block <- function(formula, variable, data) {
  if (!variable %in% all.vars(formula)) formula <- update(formula, paste("~ . +", variable))
  knots <- unname(quantile(data[[variable]], c(0.05, 0.35, 0.65, 0.95), type = 7))
  basis <- spline_terms(as.numeric(data[[variable]]), knots)
  data <- cbind(data, nonlinear1 = basis[, 1], nonlinear2 = basis[, 2])
  linear <- fit_glm(formula, data)
  curved <- fit_glm(update(formula, ~ . + nonlinear1 + nonlinear2), data)
  b <- coef(curved)
  lr <- deviance(linear) - deviance(curved)
  list(
    variable = variable, linear_formula = text(formula), knots = I(knots), terms = I(names(b)), coef = I(unname(b)),
    se = I(unname(sqrt(diag(vcov(curved))))), basis_of_first_five_rows = unname(basis[1:5, ]),
    wald = joint_wald(b, vcov(curved), match(c("nonlinear1", "nonlinear2"), names(b))),
    lr = list(chi2 = lr, df = 2, p = pchisq(lr, 2, lower.tail = FALSE))
  )
}
model_checks <- lapply(c("full", "age_smoke_ht", "stata_lbw"), function(name) {
  fit <- fits[[name]]
  p <- probability(fit)
  out <- list(
    name = name, formula = text(formulas[[name]]), terms = I(names(coef(fit))),
    linktest = linktest(fit$y, qlogis(p)),
    hosmer_lemeshow = hosmer_lemeshow(fit$y, p),
    pearson = pearson_patterns(fit, p),
    vif = vif(model.matrix(fit)),
    influence = influence_blocks(fit),
    roc = delong(fit$y, p),
    brier = mean((fit$y - p)^2),
    splines = lapply(c("age", "lwt"), function(v) spline_block(formulas[[name]], v, data_for(name)))
  )
  out["data_change"] <- list(data_change(name))
  out["published"] <- list(published(name))
  seen <- c(
    loglik = sprintf("%.3f", -deviance(fit) / 2), lr_chi2 = sprintf("%.2f", fit$null.deviance - deviance(fit)),
    pearson_chi2 = sprintf("%.2f", out$pearson$chi2), pearson_p = sprintf("%.4f", out$pearson$p),
    hosmer_lemeshow_chi2 = sprintf("%.2f", out$hosmer_lemeshow$chi2),
    hosmer_lemeshow_p = sprintf("%.4f", out$hosmer_lemeshow$p), auc = sprintf("%.4f", out$roc$auc)
  )
  if (!is.null(published(name))) stopifnot(identical(seen, unlist(published(name))))
  out
})
# Edges of the grouping: n divisible by 10 (cuts between two values), and values that span several tenths.
first_180 <- fit_glm(formulas$age_smoke_ht, bw[1:180, ])
hosmer_lemeshow_edges <- list(
  c(
    list(name = "first_180_rows", formula = text(formulas$age_smoke_ht), rows = 180),
    hosmer_lemeshow(first_180$y, probability(first_180))
  ),
  c(
    list(name = "three_patterns", formula = text(formulas$race), rows = 189),
    hosmer_lemeshow(fits$race$y, probability(fits$race))
  )
)

# ---------------------------------------------------------------- 6 copied numbers
shared <- jsonlite::fromJSON(source_shared, simplifyVector = FALSE)
if (!is.null(shared$shared)) shared <- shared$shared
shared <- shared[c("firth_birthwt", "logistic_birthwt", "contingency", "ttests_by_low")]

reference <- list(
  made_with = list(
    r = R.version.string, MASS = as.character(packageVersion("MASS")), script = "make_reference.R",
    data = "birthwt.csv (Hosmer and Lemeshow; MASS::birthwt)"
  ),
  contingency = contingency,
  two_group = two_group,
  newcombe = newcombe,
  standardised_difference = standardised_difference,
  logistic = logistic,
  model_checks = model_checks,
  hosmer_lemeshow_edges = hosmer_lemeshow_edges,
  shared = shared
)
target <- file.path(folder, "reference.json")
writeLines(json(reference), target)
cat("written:", length(contingency), "tables,", length(two_group), "pairs,", length(logistic), "models\n")
