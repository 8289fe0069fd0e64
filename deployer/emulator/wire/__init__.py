"""HTTP bytes to calls and back: the RPC form of ECS, VPC, OOS, BSS and STS, and the REST form of OSS."""
