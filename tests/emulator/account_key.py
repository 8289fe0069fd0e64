"""The access key of the account that the tests of this folder call as."""

ACCESS_KEY_ID = "LTAI5tTestTestTestTest01"
ACCESS_KEY_SECRET = "test-secret-of-the-account"
