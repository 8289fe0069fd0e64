"""The only place that imports an Alibaba Cloud SDK: typed clients in our words, one per service."""
