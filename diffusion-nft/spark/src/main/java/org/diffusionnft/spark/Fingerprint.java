package org.diffusionnft.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceProvider;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Everything besides its orders that determines the bits of a process's results.
 *
 * @param parts by their names in messages
 */
record Fingerprint(Map<String, String> parts) {

  /**
   * The fingerprint of this process.
   *
   * @param device the compute device
   * @param model a file or folder; null for the built-in model
   * @throws IOException if there is no such model
   */
  static Fingerprint of(Device device, @Nullable Path model) throws IOException {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("Java", System.getProperty("java.vendor") + " " + Runtime.version());
    parts.put("device", device.name() + " " + details(device));
    Path jar = Settings.jar();
    parts.put("dnft's jar", jar == null ? "none" : "SHA-256 " + sha256(jar));
    parts.put("model", model == null ? "the one that comes along" : "SHA-256 " + sha256(model));
    return new Fingerprint(parts);
  }

  /** How another process differs from this one, as part of a sentence; empty if it does not. */
  String difference(Fingerprint other, String name, String otherName) {
    for (Map.Entry<String, String> part : parts.entrySet()) {
      String there = other.parts.getOrDefault(part.getKey(), "none");
      if (!there.equals(part.getValue())) {
        return "its %s is another: %s on %s, but %s on %s"
            .formatted(part.getKey(), part.getValue(), name, there, otherName);
      }
    }
    return "";
  }

  /** Vectors and kernels, without the number of threads, which does not affect results. */
  private static String details(Device device) {
    for (DeviceProvider provider : Devices.providers()) {
      for (DeviceProvider.Description found : provider.probe().devices()) {
        if (found.name().equals(device.name())) {
          return found.details().replaceAll(", up to \\d+ threads", "");
        }
      }
    }
    return "";
  }

  /** Of a file, or of the names and checksums of all files of a folder. */
  private static String sha256(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new InvalidFileException(path, "no such file or folder");
    }
    if (Files.isRegularFile(path)) {
      return Sha256.of(path);
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(path)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    }
    StringBuilder lines = new StringBuilder();
    for (Path file : files) {
      lines.append(path.relativize(file)).append(' ').append(Sha256.of(file)).append('\n');
    }
    return Sha256.of(lines.toString().getBytes(StandardCharsets.UTF_8));
  }
}
