# The public names, each once: read by type checkers as it stands, and by __init__.py at run time.

from mothers_margins.analysis.comparisons.compare import compare as compare
from mothers_margins.analysis.data_check import flow as flow
from mothers_margins.analysis.data_check import impossible as impossible
from mothers_margins.analysis.data_check import missingness as missingness
from mothers_margins.analysis.data_check import scored as scored
from mothers_margins.analysis.joint_counts import joint_counts as joint_counts
from mothers_margins.analysis.missing_data.impute import impute as impute
from mothers_margins.analysis.missing_data.imputed import Imputed as Imputed
from mothers_margins.analysis.missing_data.patterns import imputed_values as imputed_values
from mothers_margins.analysis.missing_data.patterns import patterns as patterns
from mothers_margins.analysis.missing_data.sensitivity import bounds as bounds
from mothers_margins.analysis.missing_data.sensitivity import stability as stability
from mothers_margins.analysis.missing_data.sensitivity import suppose as suppose
from mothers_margins.analysis.missing_data.to_stata import to_stata as to_stata
from mothers_margins.analysis.regression.check_model import check_model as check_model
from mothers_margins.analysis.regression.fit import Fit as Fit
from mothers_margins.analysis.regression.fit_logistic import available_case as available_case
from mothers_margins.analysis.regression.fit_logistic import by_method as by_method
from mothers_margins.analysis.regression.fit_logistic import fit_logistic as fit_logistic
from mothers_margins.analysis.regression.model_data import why_not as why_not
from mothers_margins.analysis.regression.pooled_fit import PooledFit as PooledFit
from mothers_margins.analysis.regression.pooled_fit import pool as pool
from mothers_margins.analysis.regression.standardise import standardise as standardise
from mothers_margins.analysis.summarise import check_published as check_published
from mothers_margins.analysis.summarise import list_themes as list_themes
from mothers_margins.analysis.summarise import summarise as summarise
from mothers_margins.cohort.cohort import Cohort as Cohort
from mothers_margins.cohort.derive import derive as derive
from mothers_margins.cohort.read_cohort import open_cohort as open_cohort
from mothers_margins.cohort.read_cohort import read_cohort as read_cohort
from mothers_margins.demo.shipped import demo_cohort as demo_cohort
from mothers_margins.errors import DataError as DataError
from mothers_margins.errors import DisclosureError as DisclosureError
from mothers_margins.errors import MothersMarginsError as MothersMarginsError
from mothers_margins.errors import StudyError as StudyError
from mothers_margins.errors import UsageError as UsageError
from mothers_margins.figures.bars import group_bars as group_bars
from mothers_margins.figures.bars import missing_bars as missing_bars
from mothers_margins.figures.check import check as check
from mothers_margins.figures.figure import Figure as Figure
from mothers_margins.figures.flow_diagram import flow_diagram as flow_diagram
from mothers_margins.figures.forest import forest as forest
from mothers_margins.figures.imputation import fmi_by_m as fmi_by_m
from mothers_margins.figures.imputation import imputed_bars as imputed_bars
from mothers_margins.figures.imputation import traces as traces
from mothers_margins.known_truth.plan_test import plan_test as plan_test
from mothers_margins.results.results import Results as Results
from mothers_margins.results.results import stack as stack
from mothers_margins.results.save import save as save
from mothers_margins.study.read_study import read_study as read_study
from mothers_margins.study.study import Source as Source
from mothers_margins.study.study import Study as Study
from mothers_margins.tables.characteristics import characteristics as characteristics
from mothers_margins.tables.diagnostics import diagnostics as diagnostics
from mothers_margins.tables.imputation import equations_table as equations_table
from mothers_margins.tables.imputation import imputation_log as imputation_log
from mothers_margins.tables.imputation import imputed_beside_observed as imputed_beside_observed
from mothers_margins.tables.imputation import in_words as in_words
from mothers_margins.tables.imputation import per_hundred as per_hundred
from mothers_margins.tables.imputation import precision as precision
from mothers_margins.tables.known_truth import plan_table as plan_table
from mothers_margins.tables.needs import needs as needs
from mothers_margins.tables.odds_ratios import odds_ratios as odds_ratios
from mothers_margins.tables.overview import overview as overview
from mothers_margins.tables.table import Table as Table
from mothers_margins.tables.tally import tally as tally
from mothers_margins.tables.themes import themes as themes
from mothers_margins.wording.enough_imputations import enough_imputations as enough_imputations
from mothers_margins.wording.method_or_data import method_or_data as method_or_data
from mothers_margins.wording.prose import say as say
from mothers_margins.wording.treatment_of_missing_data import (
    treatment_of_missing_data as treatment_of_missing_data,
)

__version__: str
