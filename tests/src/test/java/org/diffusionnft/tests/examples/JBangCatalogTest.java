package org.diffusionnft.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What JBang finds in {@code jbang-catalog.json} is there. */
class JBangCatalogTest {
  private static final Path ROOT = Path.of(System.getProperty("user.dir")).getParent();

  private final JsonNode aliases;

  JBangCatalogTest() throws IOException {
    String text = Files.readString(ROOT.resolve("jbang-catalog.json"));
    aliases = new ObjectMapper().readTree(text).path("aliases");
  }

  @Test
  void theCommandLineIsThatOfThisVersionWithTheFlagsOfTheLauncher() throws Exception {
    JsonNode dnft = aliases.path("dnft");
    String pom = Files.readString(ROOT.resolve("diffusion-nft/cli/pom.xml"));
    String version = pom.replaceAll("(?s).*?<version>(.*?)</version>.*", "$1");
    assertEquals("org.diffusionnft:cli:" + version, dnft.path("script-ref").asText());
    assertTrue(Class.forName(dnft.path("main").asText()).getMethod("main", String[].class) != null);
    String launcher = "diffusion-nft/cli/src/main/launcher/jvm.options";
    List<String> flags = Files.readAllLines(ROOT.resolve(launcher));
    List<String> options =
        StreamSupport.stream(dnft.path("runtime-options").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    assertTrue(flags.containsAll(options), options.toString());
    assertTrue(options.contains("--add-modules=jdk.incubator.vector"), options.toString());
  }

  @Test
  void theOneFileIsThere() throws IOException {
    Path file = ROOT.resolve(aliases.path("one-file").path("script-ref").asText());
    String version = aliases.path("dnft").path("script-ref").asText().replaceFirst(".*:", "");
    List<String> dependencies =
        Files.readAllLines(file).stream().filter(line -> line.startsWith("//DEPS ")).toList();
    assertEquals(2, dependencies.size());
    for (String dependency : dependencies) {
      assertTrue(dependency.endsWith(":" + version), dependency);
    }
  }
}
