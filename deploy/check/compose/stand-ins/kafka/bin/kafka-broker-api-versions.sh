#!/bin/bash
exec java -Xmx64m -XX:TieredStopAtLevel=1 -cp "/opt/kafka/bin:/opt/kafka/libs/*" BrokerApiVersions "$@"
