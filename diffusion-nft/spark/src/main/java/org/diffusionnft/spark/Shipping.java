package org.diffusionnft.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.JavaSparkContext;
import org.diffusionnft.shapes.PromptMix;
import org.diffusionnft.trainer.config.PipelineSettings;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.InvalidFileException;

/** Sends files to the processes of a cluster. */
final class Shipping {
  private static final String ZIP = ".zip";

  private Shipping() {}

  /**
   * Sends a run's prompts, which are small, and its model if requested.
   *
   * @return their names in the processes, by their names in the settings
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
   * Sends a file or folder as an archive, so that equal names do not collide. Spark does not send
   * folders, and unpacks archives only with libraries that its jars here lack.
   *
   * @return the name for {@link #received}
   */
  private static String send(JavaSparkContext spark, Path path, int number) throws IOException {
    boolean folder = Files.isDirectory(path);
    String name = "dnft-" + number;
    Path place = Files.createTempDirectory("dnft-");
    Path archive = place.resolve(name + ZIP);
    pack(path, folder ? path : Objects.requireNonNull(path.getParent()), archive);
    place.toFile().deleteOnExit();
    archive.toFile().deleteOnExit(); // executors that join later fetch it too
    spark.addFile(archive.toUri().toString());
    return folder ? name : name + "/" + path.getFileName();
  }

  /**
   * The local path of something that was sent. It is unpacked on first use.
   *
   * @param sent its name from {@link #ship}
   */
  static Path received(String sent) throws IOException {
    String name = sent.split("/", 2)[0];
    Path root = Path.of(SparkFiles.getRootDirectory()).toAbsolutePath().normalize();
    Path folder = root.resolve(name);
    if (!Files.exists(folder)) {
      Path half = Files.createTempDirectory(root, name);
      unpack(Path.of(SparkFiles.get(name + ZIP)), half);
      Files.move(half, folder, StandardCopyOption.ATOMIC_MOVE);
    }
    return root.resolve(sent);
  }

  private static void unpack(Path archive, Path folder) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = folder.resolve(entry.getName()).normalize();
        if (!file.startsWith(folder)) {
          throw new InvalidFileException(archive, "holds a file outside itself");
        }
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.copy(zip, file);
      }
    }
  }

  private static void pack(Path what, Path root, Path archive) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(what)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.setLevel(Deflater.NO_COMPRESSION); // weights hardly compress
      for (Path file : files) {
        zip.putNextEntry(new ZipEntry(root.relativize(file).toString()));
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
  }
}
