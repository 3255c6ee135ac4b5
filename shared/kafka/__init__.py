"""Kafka: producer, partition stream, relay, dead letters, provision. The only importer of aiokafka."""
