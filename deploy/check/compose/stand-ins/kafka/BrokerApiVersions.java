import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/** For kafka-broker-api-versions.sh, whose own class is in a jar that the stack does not fetch. */
public class BrokerApiVersions {
  public static void main(String[] args) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[1], "default.api.timeout.ms", "10000", "request.timeout.ms", "5000"))) {
      admin.describeCluster().nodes().get().forEach(System.out::println);
    }
  }
}
