"""How each kind of HTTP client hands its requests to a mocked cloud and gets the answers back, without a socket."""
