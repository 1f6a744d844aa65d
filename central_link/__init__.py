"""How a station speaks to a central system: one module per protocol, chosen by `kind` in central_link.registry."""
