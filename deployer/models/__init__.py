"""The nouns: frozen values that go from one stage of a deploy to the next. They do nothing but hold and derive."""
