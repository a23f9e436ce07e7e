"""Who acts in simenv: language models, scripts, chance. Each is an `Agent` as `simenv.agent.protocol` defines it."""
