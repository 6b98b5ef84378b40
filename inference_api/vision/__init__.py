"""Pure image geometry: no web framework, no model runtime, no clock."""
