# Table 4, column (1), again: ami on coagglo and the controls, with effects of provinces and years and
# errors clustered by province. Nothing but R itself is needed:
#
#   Rscript examples/table_4.R results/demo
#
# Ends with an error where a coefficient or its error is not that of estimates.csv.

folder <- c(commandArgs(trailingOnly = TRUE), "results/demo")[1]
# The file begins with a byte order mark, for Excel; read so that no locale matters.
read <- function(table, ...) {
  lines <- readLines(file.path(folder, paste0(table, ".csv")), encoding = "UTF-8")
  lines[1] <- sub("^\xef\xbb\xbf", "", lines[1], useBytes = TRUE)
  read.csv(text = lines, encoding = "UTF-8", na.strings = "", ...)
}
panel <- read("panel", colClasses = c(province_code = "character"))
if (panel$is_synthetic[1] == "true") cat("SYNTHETIC data, not a finding about China\n")

regressors <- c("coagglo", "pdgp", "fdi", "hcl", "gov", "inv", "str", "inf")
panel <- panel[complete.cases(panel[c("ami", regressors)]), ]
model <- lm(reformulate(c(regressors, "factor(province_code)", "factor(year)"), "ami"), panel)

# Clustered by hand, as xtreg, fe vce(cluster) does it: the effects of provinces, which lie within the
# clusters, do not count among the parameters.
X <- model.matrix(model)
bread <- chol2inv(qr.R(model$qr))
scores <- rowsum(X * residuals(model), panel$province_code)
G <- nrow(scores)
n <- nrow(X)
K <- length(regressors) + length(unique(panel$year))
covariance <- bread %*% crossprod(scores) %*% bread * G / (G - 1) * (n - 1) / (n - K)
errors <- setNames(sqrt(diag(covariance)), colnames(X))[regressors]

estimates <- read("estimates", colClasses = c(table = "character", column = "character"))
ours <- subset(estimates, table == "4" & column == "1" & term %in% regressors)
ours <- ours[match(regressors, ours$term), ]
print(data.frame(estimate = coef(model)[regressors], error = errors,
                 ours = ours$estimate, its_error = ours$dispersion, in_paper = ours$published_estimate))
cat(n, "province-years,", G, "provinces\n")
stopifnot(
  all.equal(unname(coef(model)[regressors]), ours$estimate, tolerance = 1e-8),
  all.equal(unname(errors), ours$dispersion, tolerance = 1e-8)
)
cat("Both are those of estimates.csv.\n")
