# The births with holes imputed by mice, the model fitted and pooled:  Rscript impute_birthwt.R [m] [seed]
# Writes pooled_mice.csv into the working directory; about two minutes for 200 imputations.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "proper_draws.R"))
given <- as.integer(commandArgs(TRUE))
m <- if (length(given) > 0) given[1] else 200
seed <- if (length(given) > 1) given[2] else 20211118
burnin <- 20

data <- read.csv(file.path(here, "..", "data", "reference", "birthwt_holes.csv"), colClasses = c(ptlc = "character"))
data$race <- factor(data$race, c("white", "black", "other"))
data$ptlc <- factor(data$ptlc, c("0", "1", "2+"), ordered = TRUE)
data$smoke <- factor(data$smoke)

method <- c(lwt = "norm", race = "mlogitP", smoke = "logreg", ptlc = "ologitP")
complete_columns <- c("low", "age", "ht", "ui", "ftv")
stopifnot(setequal(names(data), c(names(method), complete_columns)))
blank <- setNames(rep("", ncol(data)), names(data))
blank[names(method)] <- method

made <- mice(
  data, m = m, maxit = burnin, method = blank, seed = seed, visitSequence = "monotone", printFlag = FALSE
)
if (!is.null(made$loggedEvents)) print(made$loggedEvents)
formula <- low ~ age + lwt + race + smoke + ptlc + ht + ui
fits <- lapply(seq_len(m), function(i) {
  glm(formula, family = binomial, data = complete(made, i), control = glm.control(epsilon = 1e-12))
})
terms <- c("Intercept", "age", "lwt", "race_black", "race_other", "smoke", "ptlc_1", "ptlc_2plus", "ht", "ui")
write.csv(pooled(fits, terms), "pooled_mice.csv", row.names = FALSE, quote = FALSE)
