# Reference numbers for imputation on further data sets:  Rscript make_parity.R [m] [folder]
# Writes the data (nhanes2.csv, pima.csv, boys.csv) and parity_more.json into tests/data/reference, or the folder given.
# About 8 minutes for 200 imputations.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "proper_draws.R"))
given <- commandArgs(TRUE)
m <- if (length(given) > 0) as.integer(given[1]) else 200
folder <- if (length(given) > 1) given[2] else file.path(here, "..", "data", "reference")
burnin <- 20

boys <- subset(mice::boys, age >= 8, c(age, hgt, wgt, hc, gen, reg)) # from eight on: gen is known for more than half
rownames(boys) <- NULL
boys$gen <- factor(boys$gen, levels(boys$gen), ordered = TRUE)
set.seed(1)
boys$reg[runif(nrow(boys)) < plogis(-1.5 + (boys$age - 14) / 6)] <- NA # the survey's own regions are all there

studies <- list(
  nhanes2 = list(
    data = mice::nhanes2, methods = c(bmi = "pmm", hyp = "logit", chl = "regress"),
    formula = "chl ~ age + bmi + hyp", model = "regress"
  ),
  nhanes2_regress = list(
    data = mice::nhanes2, methods = c(bmi = "regress", hyp = "logit", chl = "regress"),
    formula = "chl ~ age + bmi + hyp", model = "regress"
  ),
  pima = list(
    data = MASS::Pima.tr2, methods = c(bp = "pmm", skin = "regress", bmi = "pmm"),
    formula = "type ~ npreg + glu + bp + skin + bmi + ped + age", model = "logit"
  ),
  boys = list(
    data = boys, methods = c(hgt = "pmm", wgt = "pmm", hc = "regress", gen = "ologit", reg = "mlogit"),
    formula = "hc ~ age + hgt + wgt + gen + reg", model = "regress"
  )
)
in_mice <- c(regress = "norm", pmm = "pmm", logit = "logreg", ologit = "ologitP", mlogit = "mlogitP")

run <- function(name, study, seed) {
  data <- study$data
  method <- setNames(rep("", ncol(data)), names(data))
  method[names(study$methods)] <- in_mice[study$methods]
  started <- proc.time()["user.self"]
  made <- mice(
    data, m = m, maxit = burnin, method = method, seed = seed, visitSequence = "monotone", printFlag = FALSE
  )
  taken <- proc.time()["user.self"] - started
  fits <- lapply(seq_len(m), function(i) {
    one <- complete(made, i)
    if (study$model == "regress") lm(as.formula(study$formula), data = one)
    else glm(as.formula(study$formula), binomial, one, control = glm.control(epsilon = 1e-12))
  })
  found <- pooled(fits, names(coef(fits[[1]])))
  events <- if (is.null(made$loggedEvents)) 0 else nrow(made$loggedEvents)
  cat(name, "seed", seed, ":", round(taken), "s,", events, "logged events\n")
  list(seed = seed, term = found$term, estimate = found$estimate, std_error = found$std_error,
       fmi = found$fmi, mc_error = found$mc_error)
}

for (name in c("nhanes2", "pima", "boys")) {
  write.csv(studies[[name]]$data, file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE, na = "")
}
made <- lapply(names(studies), function(name) {
  study <- studies[[name]]
  list(
    file = paste0(sub("_.*", "", name), ".csv"), methods = as.list(study$methods), formula = study$formula,
    model = study$model, levels = lapply(Filter(is.factor, study$data), levels), runs = lapply(1001:1002, function(seed) run(name, study, seed))
  )
})
names(made) <- names(studies)
about <- list(
  R = R.version.string, mice = as.character(packageVersion("mice")), MASS = as.character(packageVersion("MASS")),
  nnet = as.character(packageVersion("nnet")), script = "tests/parity/make_parity.R", m = m, burnin = burnin
)
write(
  jsonlite::toJSON(c(list(about = about), made), auto_unbox = TRUE, digits = 10, pretty = TRUE),
  file.path(folder, "parity_more.json")
)
