package org.diffusionnft.reports;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** A run's folder with one epoch, one sheet and one group. */
final class SmallRun {
  private SmallRun() {}

  static Path write(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("samples"));
    Files.createDirectories(folder.resolve("groups"));
    Files.writeString(folder.resolve("config.yaml"), "seed: 1\n");
    Files.writeString(folder.resolve("metrics.jsonl"), "{\"epoch\":1,\"reward\":0.5}\n");
    group(folder, "groups/best.png", "groups/worst.png");
    picture(folder.resolve("samples/epoch-000001.png"), 16);
    picture(folder.resolve("groups/best.png"), 16);
    picture(folder.resolve("groups/worst.png"), 16);
    return folder;
  }

  /** Lets the run's group have these pictures. */
  static void group(Path folder, String best, String worst) throws IOException {
    Files.writeString(
        folder.resolve("groups.jsonl"),
        ("{\"epoch\":1,\"prompt\":\"a cat\",\"best\":{\"image\":\"%s\",\"reward\":1,\"r\":0.9},"
                + "\"worst\":{\"image\":\"%s\",\"reward\":0,\"r\":0.1}}\n")
            .formatted(best, worst));
  }

  /** A picture of noise, which no format makes small. */
  static void picture(Path file, int side) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(side);
    for (int i = 0; i < side * side; i++) {
      image.setRGB(i % side, i / side, random.nextInt());
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
