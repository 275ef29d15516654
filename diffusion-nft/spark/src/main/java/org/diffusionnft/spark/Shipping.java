package org.diffusionnft.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.shapes.PromptMix;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.diffusionnft.trainer.config.TrainConfig;

/** Sends files along to the processes of a cluster. */
final class Shipping {
  private Shipping() {}

  /**
   * Sends a run's prompts, which are small, and its model if that is wanted.
   *
   * @return what each is called in the processes, by what the settings call it
   */
  static Map<String, String> ship(JavaSparkContext spark, TrainConfig config, boolean withModel)
      throws IOException {
    Set<String> sources = new LinkedHashSet<>();
    if (withModel) {
      sources.add(config.model());
    }
    config.plan().parts().forEach(part -> sources.add(part.config().prompts().source()));
    sources.add(config.evaluation().source());
    sources.removeIf(
        source -> PromptMix.of(source).isPresent() || source.equals(PipelineSettings.NONE));
    Map<String, String> names = new LinkedHashMap<>();
    for (String source : sources) {
      Path path = Path.of(source).toAbsolutePath().normalize();
      if (Files.exists(path)) {
        names.put(source, send(spark, path, names.size()));
      }
    }
    return names;
  }

  /**
   * Spark sends no folders, but unpacks archives. So two files of one name do not meet.
   *
   * @return what the file or folder is called where it was unpacked
   */
  private static String send(JavaSparkContext spark, Path path, int number) throws IOException {
    boolean folder = Files.isDirectory(path);
    Path archive = Files.createTempFile("dnft-", ".zip");
    archive.toFile().deleteOnExit(); // executors that come later fetch it too
    pack(path, folder ? path : Objects.requireNonNull(path.getParent()), archive);
    String name = "dnft-" + number;
    spark.sc().addArchive(archive.toUri() + "#" + name);
    return folder ? name : name + "/" + path.getFileName();
  }

  private static void pack(Path what, Path root, Path archive) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(what)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.setLevel(Deflater.NO_COMPRESSION); // weights hardly get smaller
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry(root.relativize(file).toString()));
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
  }
}
