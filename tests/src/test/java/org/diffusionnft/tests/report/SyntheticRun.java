package org.diffusionnft.tests.report;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;

/** A run's folder as {@code dnft train} leaves it, without the hours. */
final class SyntheticRun {
  private SyntheticRun() {}

  static Path write(Path folder, int epochs) throws IOException {
    Files.createDirectories(folder.resolve("samples"));
    Files.createDirectories(folder.resolve("groups"));
    StringBuilder metrics = new StringBuilder();
    StringBuilder evaluations = new StringBuilder();
    StringBuilder prompts = new StringBuilder();
    StringBuilder groups = new StringBuilder();
    int pairEvery = Math.max(1, epochs / 40);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      metrics.append(metrics(epoch)).append('\n');
      if (epoch % 10 == 0) {
        double strict = 0.3 + 0.4 * epoch / epochs;
        evaluations.append(
            String.format(
                Locale.ROOT,
                "{\"epoch\":%d,\"total\":%.4f,\"counting\":%.4f,\"colors\":%.4f,\"graded\":%.4f}%n",
                epoch,
                strict,
                strict / 2,
                strict * 1.2,
                strict + 0.1));
        picture(folder.resolve("samples/epoch-%06d.png".formatted(epoch)), 796, 296, epoch);
        prompts.append(prompts(epoch, true));
      }
      prompts.append(prompts(epoch, false));
      if (epoch == 1 || epoch % pairEvery == 0) {
        String name = "groups/epoch-%06d-".formatted(epoch);
        picture(folder.resolve(name + "best.png"), 128, 128, epoch);
        picture(folder.resolve(name + "worst.png"), 128, 128, epoch + 1);
        groups.append(
            ("{\"epoch\":%d,\"prompt\":\"a red </script><b>bold</b> square\","
                    + "\"best\":{\"image\":\"%sbest.png\",\"reward\":0.9,\"r\":0.8},"
                    + "\"worst\":{\"image\":\"%sworst.png\",\"reward\":0.1,\"r\":0.2}}\n")
                .formatted(epoch, name, name));
      }
    }
    Files.writeString(
        folder.resolve("samples/captions.txt"), "a red circle\ntwo blue squares\n".repeat(12));
    Files.writeString(folder.resolve("config.yaml"), "seed: 1\nepochs: " + epochs + "\n");
    Files.writeString(folder.resolve("metrics.jsonl"), metrics);
    Files.writeString(folder.resolve("evaluations.jsonl"), evaluations);
    Files.writeString(folder.resolve("prompts.jsonl"), prompts);
    Files.writeString(folder.resolve("groups.jsonl"), groups);
    return folder;
  }

  /** The same in two stages, with a reward that rises and one that falls on held-out prompts. */
  static Path writeStaged(Path folder, int epochs) throws IOException {
    write(folder, epochs);
    Files.writeString(
        folder.resolve("config.yaml"),
        "seed: 1\nepochs: %d\nrewards: {shapes_graded: 1, shapes_strict: 0}\n".formatted(epochs)
            + "stages: [{name: one, epochs: %d}, {name: two, epochs: %d}]\n"
                .formatted(epochs / 2, epochs - epochs / 2));
    Files.writeString(folder.resolve("held-out.jsonl"), heldOut(epochs));
    return folder;
  }

  private static String heldOut(int epochs) {
    StringBuilder lines = new StringBuilder();
    for (int epoch = 0; epoch <= epochs; epoch += 10) {
      Random random = new Random(epoch);
      StringBuilder rising = new StringBuilder();
      StringBuilder falling = new StringBuilder();
      for (int i = 0; i < 40; i++) {
        double noise = 0.1 * random.nextGaussian();
        String comma = i == 0 ? "" : ",";
        rising.append(String.format(Locale.ROOT, "%s%.4f", comma, 0.01 * epoch + noise));
        falling.append(String.format(Locale.ROOT, "%s%.4f", comma, -0.01 * epoch + noise));
      }
      lines.append(
          "{\"epoch\":%d,\"scores\":{\"shapes_graded\":[%s],\"shapes_strict\":[%s]}}%n"
              .formatted(epoch, rising, falling));
    }
    return lines.toString();
  }

  static String metrics(int epoch) {
    Random random = new Random(epoch);
    double reward = 0.8 - 0.5 * Math.exp(-epoch / 300.0) + 0.02 * random.nextGaussian();
    return String.format(
        Locale.ROOT,
        "{\"epoch\":%d,\"steps\":%d,\"reward\":%.17g,\"rewards\":{\"shapes_graded\":%.17g,"
            + "\"shapes_strict\":%.17g},\"top_reward\":%.17g,\"reward_std\":%.17g,"
            + "\"zero_std_ratio\":%.17g,\"loss\":%.17g,\"policy_loss\":%.17g,"
            + "\"reference_mse\":%.17g,\"old_deviation\":%.17g,\"grad_norm\":%.17g,"
            + "\"old_decay\":%.17g,\"sampling_seconds\":2.25,\"training_seconds\":1.5,"
            + "\"sampling_processor_seconds\":4.25,\"training_processor_seconds\":2.75}",
        epoch,
        epoch * 2,
        reward,
        reward,
        reward - 0.2,
        reward + 0.1,
        0.2 + 0.01 * random.nextGaussian(),
        0.1 + 0.01 * random.nextGaussian(),
        1.1 + 0.05 * random.nextGaussian(),
        1.0 + 0.05 * random.nextGaussian(),
        1e-4 * epoch,
        1e-5 * (1 + random.nextDouble()),
        0.05 + 0.01 * random.nextDouble(),
        Math.min(0.5, 0.001 * epoch));
  }

  private static String prompts(int epoch, boolean heldOut) {
    StringBuilder line =
        new StringBuilder("{\"epoch\":" + epoch + ",\"held_out\":" + heldOut + ",\"scores\":{");
    for (int i = 0; i < 48; i++) {
      line.append(i == 0 ? "" : ",")
          .append(
              String.format(
                  Locale.ROOT,
                  "\"a picture of %d things in a row\":%.4f",
                  i,
                  0.3 + 0.001 * (i - 20) * epoch / 10.0));
    }
    return line.append("}}\n").toString();
  }

  /** As hard to compress as a photograph: shapes, and noise on every pixel. */
  private static void picture(Path file, int width, int height, int seed) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    Random random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      graphics.setColor(new Color(random.nextInt(1 << 24)));
      graphics.fillOval(random.nextInt(width), random.nextInt(height), 40, 40);
    }
    graphics.dispose();
    int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] ^= random.nextInt() & 0x0f0f0f;
    }
    image.setRGB(0, 0, width, height, pixels, 0, width);
    ImageIO.write(image, "png", file.toFile());
  }
}
