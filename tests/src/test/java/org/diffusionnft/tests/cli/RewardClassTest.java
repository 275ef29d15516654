package org.diffusionnft.tests.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reward that somebody else wrote and compiled is found on the class path and trained with. */
@Tag("slow")
class RewardClassTest {
  private static final String SERVICE = "META-INF/services/org.diffusionnft.rewards.RewardProvider";
  private static final String SOURCE =
      """
      package mine;

      import java.util.List;
      import org.diffusionnft.images.Images;
      import org.diffusionnft.rewards.*;

      public final class Brightness implements RewardProvider {
        @Override
        public String name() {
          return "brightness";
        }

        @Override
        public String description() {
          return "bright pictures";
        }

        @Override
        public Reward open() {
          return Brightness::score;
        }

        private static float[] score(Images images, List<Prompt> prompts) {
          float[] scores = new float[images.count()];
          for (int i = 0; i < scores.length; i++) {
            for (float value : images.image(i)) {
              scores[i] += value / images.size();
            }
          }
          return scores;
        }
      }
      """;

  @TempDir private Path folder;

  @Test
  void aJarAndAFolderAreFound() throws Exception {
    Path classes = compile();
    Path jar = jar(classes);
    String config =
        Files.readString(TinyBase.config(folder, TinyBase.write(folder)))
            .replace("{shapes_graded: 1, shapes_strict: 0}", "{brightness: 1}")
            .replace("epochs: 4", "epochs: 1");
    Path settings = Files.writeString(folder.resolve("mine.yaml"), config);
    for (Path own : List.of(jar, classes)) {
      Path out = folder.resolve("run-" + own.getFileName());
      ProcessBuilder builder =
          DnftProcess.builder(List.of("-Xmx256m"), "train", "--config", settings, "--out", out);
      List<String> command = builder.command();
      int at = command.indexOf("-cp") + 1;
      command.set(at, command.get(at) + File.pathSeparator + own);
      Process process = builder.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertEquals(0, process.waitFor(), said);
      String metrics = Files.readString(out.resolve("metrics.jsonl"));
      assertTrue(metrics.contains("\"brightness\":"), metrics);
    }
  }

  private Path compile() throws IOException {
    Path source = folder.resolve("Brightness.java");
    Files.writeString(source, SOURCE);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    int failed =
        compiler.run(
            null,
            null,
            null,
            "-proc:none",
            "-cp",
            System.getProperty("java.class.path"),
            "-d",
            classes.toString(),
            source.toString());
    assertEquals(0, failed);
    Path service = classes.resolve(SERVICE);
    Files.createDirectories(service.getParent());
    Files.writeString(service, "mine.Brightness\n");
    return classes;
  }

  private Path jar(Path classes) throws IOException {
    Path jar = folder.resolve("mine.jar");
    try (OutputStream stream = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(stream)) {
      for (String name : List.of("mine/Brightness.class", SERVICE)) {
        out.putNextEntry(new JarEntry(name));
        Files.copy(classes.resolve(name), out);
        out.closeEntry();
      }
    }
    return jar;
  }
}
