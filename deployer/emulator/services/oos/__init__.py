"""CloudOps Orchestration Service: executions, templates, and application management in cn-hangzhou."""
