package org.diffusionnft.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pages about frameworks show the code of {@code examples/frameworks}, which {@code check}
 * there builds and runs.
 */
class FrameworkPagesTest {
  private static final Path ROOT = Path.of(System.getProperty("user.dir")).getParent();
  private static final Pattern VERSION = Pattern.compile("version>(\\d+\\.\\d+\\.\\d+)<");
  private static final Pattern BLOCK = Pattern.compile("(?s)```(java|xml)\n(.*?)```");

  @ParameterizedTest
  @ValueSource(strings = {"spring-boot", "micronaut"})
  void thePageShowsTheCodeThatRuns(String framework) throws IOException {
    Path folder = ROOT.resolve("examples/frameworks").resolve(framework);
    String page = Files.readString(ROOT.resolve("docs/" + framework + ".md"));
    List<String> blocks = BLOCK.matcher(page).results().map(block -> block.group(2)).toList();
    assertEquals(3, blocks.size());
    Path sources = folder.resolve("src/main/java/example");
    String pom = Files.readString(folder.resolve("pom.xml"));
    assertTrue(Files.readString(sources.resolve("Pictures.java")).endsWith("\n\n" + blocks.get(0)));
    assertTrue(
        Files.readString(sources.resolve("PictureController.java"))
            .endsWith("\n\n" + blocks.get(1)));
    assertTrue(pom.contains(blocks.get(2).indent(2)), blocks.get(2));

    Matcher version = VERSION.matcher(pom);
    assertTrue(version.find());
    assertTrue(page.contains(" " + version.group(1) + " on Java 25"), version.group(1));
  }
}
