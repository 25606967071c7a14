package example;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.wxa.code.v1.Operation;
import com.wxa.code.v1.OperationCompleted;
import com.wxa.code.v1.OperationInDoubt;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.security.scram.ScramLoginModule;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Handles the outcomes of changes once each. Arguments: brokers, topic, group, number of outcomes to handle. */
public final class Outcomes {
  /**
   * The events that were handled. A service keeps them in a table of its own, with `ce_id` as primary key, and adds a row in
   * the transaction of its work.
   */
  private final Set<String> handled = new HashSet<>();

  public static void main(String[] args) throws Exception {
    Map<String, Object> config = new HashMap<>(security());
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    config.put(ConsumerConfig.GROUP_ID_CONFIG, args[2]);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // Offsets are committed after the work, so that a crash repeats it instead of losing it.
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    Outcomes outcomes = new Outcomes();
    try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new CloudEventDeserializer())) {
      consumer.subscribe(List.of(args[1]));
      while (outcomes.handled.size() < Integer.parseInt(args[3])) {
        // The records of a mini-program are in one partition and in order: handle them one after the other.
        for (ConsumerRecord<String, CloudEvent> each : consumer.poll(Duration.ofSeconds(1))) outcomes.take(each.value());
        consumer.commitSync();
      }
    }
  }

  /** With KAFKA_TLS_CA_FILE: TLS and SCRAM, as a user with a password file; without it as `npm start`. */
  private static Map<String, Object> security() throws IOException {
    String ca = System.getenv("KAFKA_TLS_CA_FILE");
    if (ca == null) return Map.of();
    String password = Files.readString(Path.of(System.getenv("KAFKA_SASL_PASSWORD_FILE"))).strip();
    String login = "%s required username=\"%s\" password=\"%s\";";
    return Map.of(
        "security.protocol", "SASL_SSL",
        "ssl.truststore.type", "PEM",
        "ssl.truststore.location", ca,
        "sasl.mechanism", "SCRAM-SHA-512",
        "sasl.jaas.config",
            login.formatted(ScramLoginModule.class.getName(), System.getenv("KAFKA_SASL_USERNAME"), password));
  }

  private void take(CloudEvent event) throws InvalidProtocolBufferException {
    // `ce_kind` is the extension `kind`: most outcomes are of queries, whose callers have the answer already.
    if (!"change".equals(event.getExtension("kind")) || handled.contains(event.getId())) return;
    switch (event.getType()) {
      case "wxa.code.v1.OperationCompleted" ->
          completed(read(event, OperationCompleted.newBuilder()).build().getOperation());
      case "wxa.code.v1.OperationInDoubt" -> inDoubt(read(event, OperationInDoubt.newBuilder()).build().getOperation());
      // Later versions may publish further types.
      default -> {
        return;
      }
    }
    handled.add(event.getId());
  }

  private void completed(Operation operation) {
    System.out.println(operation.getMethod() + " " + operation.getRequestId() + " " + operation.getState());
  }

  private void inDoubt(Operation operation) {
    System.out.println(operation.getMethod() + " " + operation.getRequestId() + " is in doubt; it is being reconciled");
  }

  /** Later versions may add fields. */
  private static <B extends Message.Builder> B read(CloudEvent event, B message) throws InvalidProtocolBufferException {
    String json = new String(Objects.requireNonNull(event.getData()).toBytes(), StandardCharsets.UTF_8);
    JsonFormat.parser().ignoringUnknownFields().merge(json, message);
    return message;
  }
}
