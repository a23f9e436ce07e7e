"""``jq`` over simulated files: its language, read into a tree (`parser`) and run over JSON values (`evaluate`)."""
