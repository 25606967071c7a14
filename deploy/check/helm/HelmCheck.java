import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs Helm's own library over a chart: `HelmCheck CHART FOLDER`. For each FOLDER/NAME.values.yaml it writes
 * FOLDER/NAME.manifests.yaml, or FOLDER/NAME.error.txt if Helm rejects the values. For each chart in FOLDER/charts it
 * writes FOLDER/NAME.lint.txt if `helm lint --strict` finds an error.
 */
public final class HelmCheck {
  private static final String SUFFIX = ".values.yaml";

  public static void main(String[] args) throws IOException {
    Path chart = Path.of(args[0]);
    Path folder = Path.of(args[1]);
    for (Path values : list(folder)) {
      String name = values.getFileName().toString();
      if (name.endsWith(SUFFIX)) template(chart, values, folder, name.substring(0, name.length() - SUFFIX.length()));
    }
    for (Path copy : list(folder.resolve("charts"))) lint(copy, folder, copy.getFileName().toString());
  }

  private static void template(Path chart, Path values, Path folder, String name) throws IOException {
    try {
      String manifests =
          new Helm(chart).template().withKubeVersion("1.31.0").withName("wxa").withNamespace("wxa-code").withValuesFile(values).call();
      Files.writeString(folder.resolve(name + ".manifests.yaml"), manifests);
    } catch (RuntimeException rejected) {
      Files.writeString(folder.resolve(name + ".error.txt"), String.valueOf(rejected.getMessage()));
    }
  }

  private static void lint(Path chart, Path folder, String name) throws IOException {
    LintResult result = new Helm(chart).lint().strict().call();
    if (result.isFailed()) Files.writeString(folder.resolve(name + ".lint.txt"), String.join("\n", result.getMessages()));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
