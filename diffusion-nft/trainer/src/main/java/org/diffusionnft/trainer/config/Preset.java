package org.diffusionnft.trainer.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The runs of the paper, as configured in the reference code's {@code config/nft.py}. */
public enum Preset {
  /** {@code sd3_geneval}: the objects of the prompt are present, in the right number and place. */
  SD3_GENEVAL("sd3-geneval"),
  /** {@code sd3_ocr}: text in pictures is legible. */
  SD3_OCR("sd3-ocr"),
  /** {@code sd3_pickscore}: people's preferences. */
  SD3_PICKSCORE("sd3-pickscore"),
  /** {@code sd3_hpsv2}: people's preferences, by another model. */
  SD3_HPSV2("sd3-hpsv2"),
  /** {@code sd3_multi_reward}: three of them at once. */
  SD3_MULTI_REWARD("sd3-multi-reward");

  private final String key;

  Preset(String key) {
    this.key = key;
  }

  /** Its name on the command line. */
  public String key() {
    return key;
  }

  /** The preset with this name, if there is one. */
  public static Optional<Preset> named(String name) {
    return Arrays.stream(values()).filter(p -> p.key.equals(name)).findFirst();
  }

  /** All names, for messages. */
  public static String names() {
    return Arrays.stream(values()).map(Preset::key).collect(Collectors.joining(", "));
  }

  /** Its settings. */
  public TrainConfig config() {
    String file = "presets/" + key + ".yaml";
    try (InputStream in = Preset.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its resource " + file);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return TrainConfig.parse(file, text, TrainConfig.official());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
