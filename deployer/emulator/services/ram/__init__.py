"""The RAM API: users, AccessKeys, roles, policies, and who has which. Groups, logins and MFA are not emulated."""
