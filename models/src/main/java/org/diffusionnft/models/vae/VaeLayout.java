package org.diffusionnft.models.vae;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.tensor.Shape;

/**
 * The tensors of an autoencoder: diffusers' {@code AutoencoderKL} without quantisation
 * convolutions.
 */
public final class VaeLayout {
  private final SequencedMap<String, Shape> shapes = new LinkedHashMap<>();

  private VaeLayout() {}

  /** All parameters, the encoder's first. */
  public static SequencedMap<String, Shape> parameters(VaeConfig config) {
    VaeLayout layout = new VaeLayout();
    layout.encoder(config);
    layout.decoder(config);
    return Collections.unmodifiableSequencedMap(layout.shapes);
  }

  private void encoder(VaeConfig config) {
    List<Integer> channels = config.blockChannels();
    conv("encoder.conv_in", config.inChannels(), channels.getFirst(), 3);
    long in = channels.getFirst();
    for (int i = 0; i < channels.size(); i++) {
      String block = "encoder.down_blocks." + i;
      for (int j = 0; j < config.layersPerBlock(); j++) {
        resnet(block + ".resnets." + j, j == 0 ? in : channels.get(i), channels.get(i));
      }
      in = channels.get(i);
      if (i + 1 < channels.size()) {
        conv(block + ".downsamplers.0.conv", in, in, 3);
      }
    }
    middle("encoder.mid_block", config.deepest());
    norm("encoder.conv_norm_out", config.deepest());
    conv("encoder.conv_out", config.deepest(), 2L * config.latentChannels(), 3);
  }

  private void decoder(VaeConfig config) {
    List<Integer> channels = config.blockChannels().reversed();
    conv("decoder.conv_in", config.latentChannels(), config.deepest(), 3);
    long in = config.deepest();
    for (int i = 0; i < channels.size(); i++) {
      String block = "decoder.up_blocks." + i;
      for (int j = 0; j <= config.layersPerBlock(); j++) {
        resnet(block + ".resnets." + j, j == 0 ? in : channels.get(i), channels.get(i));
      }
      in = channels.get(i);
      if (i + 1 < channels.size()) {
        conv(block + ".upsamplers.0.conv", in, in, 3);
      }
    }
    middle("decoder.mid_block", config.deepest());
    norm("decoder.conv_norm_out", in);
    conv("decoder.conv_out", in, config.inChannels(), 3);
  }

  private void middle(String name, long channels) {
    resnet(name + ".resnets.0", channels, channels);
    String attention = name + ".attentions.0";
    norm(attention + ".group_norm", channels);
    for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
      shapes.put(attention + "." + projection + ".weight", Shape.of(channels, channels));
      shapes.put(attention + "." + projection + ".bias", Shape.of(channels));
    }
    resnet(name + ".resnets.1", channels, channels);
  }

  private void resnet(String name, long in, long out) {
    norm(name + ".norm1", in);
    conv(name + ".conv1", in, out, 3);
    norm(name + ".norm2", out);
    conv(name + ".conv2", out, out, 3);
    if (in != out) {
      conv(name + ".conv_shortcut", in, out, 1);
    }
  }

  private void conv(String name, long in, long out, int kernel) {
    shapes.put(name + ".weight", Shape.of(out, in, kernel, kernel));
    shapes.put(name + ".bias", Shape.of(out));
  }

  private void norm(String name, long channels) {
    shapes.put(name + ".weight", Shape.of(channels));
    shapes.put(name + ".bias", Shape.of(channels));
  }
}
