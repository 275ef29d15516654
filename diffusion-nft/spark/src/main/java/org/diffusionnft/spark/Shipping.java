package org.diffusionnft.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.trainer.config.TrainConfig;

/** Sends files along to the processes of a cluster. */
final class Shipping {
  static final String MODEL = "model";
  static final String PROMPTS = "prompts.source";
  static final String HELD_OUT = "evaluation.source";

  private Shipping() {}

  /**
   * Sends a run's prompts, which are small, and its model if that is wanted.
   *
   * @return the name of each file or folder in the processes, by the setting that names it
   */
  static Map<String, String> ship(JavaSparkContext spark, TrainConfig config, boolean withModel)
      throws IOException {
    Map<String, Path> sources = new LinkedHashMap<>();
    if (withModel) {
      sources.put(MODEL, Path.of(config.model()));
    }
    sources.put(PROMPTS, Path.of(config.prompts().source()));
    sources.put(HELD_OUT, Path.of(config.evaluation().source()));
    Map<String, String> names = new LinkedHashMap<>();
    for (Map.Entry<String, Path> source : sources.entrySet()) {
      Path path = source.getValue().toAbsolutePath().normalize();
      String name = String.valueOf(path.getFileName());
      // Two of one name cannot be sent: the second is then looked for where it is.
      if (Files.exists(path) && !names.containsValue(name)) {
        send(spark, path, name);
        names.put(source.getKey(), name);
      }
    }
    return names;
  }

  /** Spark sends no folders, but unpacks archives. */
  private static void send(JavaSparkContext spark, Path path, String name) throws IOException {
    if (Files.isRegularFile(path)) {
      spark.addFile(path.toUri().toString());
      return;
    }
    Path archive = Files.createTempFile("dnft-", ".zip");
    archive.toFile().deleteOnExit(); // executors that come later fetch it too
    pack(path, archive);
    spark.sc().addArchive(archive.toUri() + "#" + name);
  }

  private static void pack(Path folder, Path archive) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.setLevel(Deflater.NO_COMPRESSION); // weights hardly get smaller
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
  }
}
