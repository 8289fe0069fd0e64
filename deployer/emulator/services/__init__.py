"""One package per product: `handlers` read and write the wire's words, `state` holds and decides."""
