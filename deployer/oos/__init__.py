"""The template language of CloudOps Orchestration Service (FormatVersion OOS-2019-06-01), without any cloud.

`template` reads, `validate` judges, `runner` runs: tasks are generators that yield waits, so whoever drives them decides
how time goes, and API calls go through an injected function.
"""
