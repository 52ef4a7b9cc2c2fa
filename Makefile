# What a person types. The probe decides, quietly, whether this build has Orleans; see infra/orleans/probe.sh.

.PHONY: run ostream test bench bench-full bench-micro format format-check probe

# Starts a silo: Kafka on 9092, HTTP on 8080, data under ./data. Options: make run ARGS="--kafka-port 19092"
run: probe
	dotnet run -c Release --project src/Silo -- $(ARGS)

# The command line, as artifacts/bin/ostream.
ostream: probe
	dotnet publish src/Cli -c Release -o artifacts/bin --nologo -v q

test: probe
	tests/run

# All scenarios in under five minutes, and the goals beside the limits of this machine; the second, every size, longer.
bench: probe
	dotnet run -c Release --project benchmarks/Load -- $(ARGS)

bench-full: probe
	dotnet run -c Release --project benchmarks/Load -- --full $(ARGS)

# Each layer by itself. One of them, and longer: make bench-micro ARGS="--filter '*BatchCodec*'"
bench-micro: probe
	dotnet run -c Release --project benchmarks/Micro -- $(or $(ARGS),--quick --filter '*')

format: probe
	dotnet format OrleansStream.sln whitespace
	dotnet format OrleansStream.sln style --severity warn

format-check: probe
	dotnet format OrleansStream.sln whitespace --verify-no-changes
	dotnet format OrleansStream.sln style --severity warn --verify-no-changes

probe:
	@infra/orleans/probe.sh
