* The births with holes imputed by Stata 17, the model fitted and pooled.
*   do impute_birthwt.do        (from the folder of this file; writes pooled_stata.csv there)
* Same imputation and analysis model as impute_birthwt.R and pooled_table.py.

version 17
clear all
set more off

local m = 200
local burnin = 20
local seed = 20211118
local complete_columns low age ht ui ftv

import delimited using "../data/reference/birthwt_holes.csv", clear varnames(1) case(preserve) ///
    stringcols(_all) encoding("utf-8")

* R writes NA for what is missing
foreach name of varlist _all {
    replace `name' = "" if trim(`name') == "NA"
}
destring low age lwt smoke ht ui ftv, replace
confirm numeric variable low age lwt smoke ht ui ftv

* levels in the order of the other two scripts; noextend stops at a level that is not named
label define race_levels 1 "white" 2 "black" 3 "other"
label define ptlc_levels 1 "0" 2 "1" 3 "2+"
rename (race ptlc) (race_text ptlc_text)
encode race_text, generate(race) label(race_levels) noextend
encode ptlc_text, generate(ptlc) label(ptlc_levels) noextend
drop race_text ptlc_text

assert _N == 189
misstable summarize lwt race smoke ptlc

mi set flong
mi register imputed lwt race smoke ptlc
mi register regular `complete_columns'

* logit, ologit and mlogit variables enter the other equations as factor variables by themselves; augment supports
* equations with perfect prediction by pseudo-rows
mi impute chained (regress) lwt (mlogit) race (logit) smoke (ologit) ptlc = `complete_columns', ///
    add(`m') burnin(`burnin') rseed(`seed') augment double

mi estimate, mcerror: logit low age lwt i.race smoke i.ptlc ht ui

* one row per coefficient, bases left out
matrix b = e(b_mi)
matrix V = e(V_mi)
matrix B = e(B_mi)
matrix df = e(df_mi)
matrix fmi = e(fmi_mi)
local m_used = e(M_mi)
assert `m_used' == `m'
* order of the coefficients in Stata: the constant last
local terms age lwt race_black race_other smoke ptlc_1 ptlc_2plus ht ui Intercept
local columns : colnames b
local at = 0
local found = 0
tempname out
file open `out' using "pooled_stata.csv", write text replace
file write `out' "term,estimate,std_error,df,p_value,conf_low,conf_high,fmi,mc_error" _n
foreach column of local columns {
    local ++at
    if V[`at', `at'] > 0 {
        local ++found
        local term : word `found' of `terms'
        display as text "`column' is written as `term'"
        local estimate = b[1, `at']
        local std_error = sqrt(V[`at', `at'])
        local df_one = df[1, `at']
        * degrees of freedom are missing where nothing varies between imputations
        local reach = cond(missing(`df_one'), invnormal(0.975), invttail(`df_one', 0.025))
        local t = abs(`estimate' / `std_error')
        local p = cond(missing(`df_one'), 2 * normal(-`t'), 2 * ttail(`df_one', `t'))
        local low = `estimate' - `reach' * `std_error'
        local high = `estimate' + `reach' * `std_error'
        local fmi_one = fmi[1, `at']
        local mc_error = sqrt(B[`at', `at'] / `m_used')
        file write `out' "`term'"
        foreach value in estimate std_error df_one p low high fmi_one mc_error {
            local text = cond(missing(``value''), "", trim(strofreal(``value'', "%21.0g")))
            file write `out' ",`text'"
        }
        file write `out' _n
    }
}
file close `out'
assert `found' == 10
