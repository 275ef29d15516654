package org.diffusionnft.rewards.ocr;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.rewards.ocr.LcNet.Fused;
import org.diffusionnft.rewards.ocr.NetworkBuilder.Weight;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.onnx.OnnxModel;

/** The two mobile networks of PP-OCRv5 as transformers publishes them: weights without a graph. */
public final class PpOcrCheckpoint {
  private static final String NECK = "model.neck.";
  private static final String ENCODER = "head.encoder.";

  private PpOcrCheckpoint() {}

  /**
   * The detector: {@code pixels [N, 3, H, W]} with sides divisible by 32 to {@code prob [N, 1, H,
   * W]}. Its other outputs are {@code stem}, {@code stage2} to {@code stage5} and {@code neck}.
   *
   * @param file named in error messages
   * @param config the model's configuration
   */
  public static OnnxModel detector(Path file, TensorSource weights, JsonNode config)
      throws InvalidFileException {
    NetworkBuilder to = new NetworkBuilder(file, weights);
    List<String> stages = new LcNet(to).stages(file, config.path("backbone_config"));
    requireStages(file, stages);
    to.name(stages.getFirst(), "stem");
    for (int i = 2; i <= 5; i++) {
      to.name(stages.get(i), "stage" + i);
    }
    List<String> inserted = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String narrow = LcNet.convolution(to, stages.get(i + 2), "model.layer." + i);
      inserted.add(residualSqueeze(to, narrow, NECK + "insert_conv." + i));
    }
    for (int i = 2; i >= 0; i--) {
      inserted.set(i, to.add("Add", inserted.get(i), enlarged(to, inserted.get(i + 1), 2)));
    }
    List<String> parts = new ArrayList<>();
    for (int i = 3; i >= 0; i--) {
      String smooth = residualSqueeze(to, inserted.get(i), NECK + "input_conv." + i);
      parts.add(i == 0 ? smooth : enlarged(to, smooth, 1 << i));
    }
    String neck = to.integer("axis", 1).add("Concat", parts.toArray(String[]::new));
    to.name(neck, "neck");
    to.name(binarized(to, neck), "prob");
    return to.model(List.of("prob", "stem", "stage2", "stage3", "stage4", "stage5", "neck"));
  }

  private static void requireStages(Path file, List<String> stages) throws InvalidFileException {
    if (stages.size() != 6) {
      throw new InvalidFileException(
          file, "has " + (stages.size() - 1) + " stages in its backbone, where 5 are expected");
    }
  }

  private static String enlarged(NetworkBuilder to, String value, int factor) {
    String scales = to.constant(Shape.of(4), new float[] {1, 1, factor, factor});
    return to.text("mode", "nearest")
        .text("coordinate_transformation_mode", "asymmetric")
        .text("nearest_mode", "floor")
        .add("Resize", value, "", scales);
  }

  /** A convolution plus its own squeeze-and-excitation output. */
  private static String residualSqueeze(NetworkBuilder to, String value, String name)
      throws InvalidFileException {
    Weight weight = to.weight(name + ".in_conv.weight");
    long pad = weight.dim(2) / 2;
    String made = to.with("pads", pad, pad, pad, pad).add("Conv", value, to.constant(weight));
    String block = name + ".squeeze_excitation_block.";
    return to.add("Add", made, LcNet.squeezed(to, made, block + "conv1", block + "conv2", 0.2f));
  }

  private static String binarized(NetworkBuilder to, String neck) throws InvalidFileException {
    Fused down = Fused.of(to, "head.conv_down.convolution.weight", "head.conv_down.norm");
    String small = to.add("Relu", down.add(to, neck, 1, 1, 1));
    Weight up = to.weight("head.conv_up.convolution.weight");
    String twice =
        to.with("strides", 2, 2)
            .add(
                "ConvTranspose",
                small,
                to.constant(up),
                to.constant(to.weight("head.conv_up.convolution.bias")));
    String normed =
        to.add(
            "BatchNormalization",
            twice,
            to.constant(to.weight("head.conv_up.norm.weight")),
            to.constant(to.weight("head.conv_up.norm.bias")),
            to.constant(to.weight("head.conv_up.norm.running_mean")),
            to.constant(to.weight("head.conv_up.norm.running_var")));
    String four =
        to.with("strides", 2, 2)
            .add(
                "ConvTranspose",
                to.add("Relu", normed),
                to.constant(to.weight("head.conv_final.weight")),
                to.constant(to.weight("head.conv_final.bias")));
    return to.add("Sigmoid", four);
  }

  /**
   * The recognizer: {@code pixels [N, 3, 48, W]} to {@code prob [N, W / 8, classes]}. Its other
   * outputs are {@code backbone}, {@code svtr} and {@code logits}.
   *
   * @param file named in error messages
   * @param config the model's configuration
   */
  public static OnnxModel recognizer(Path file, TensorSource weights, JsonNode config)
      throws InvalidFileException {
    NetworkBuilder to = new NetworkBuilder(file, weights);
    List<String> stages = new LcNet(to).stages(file, config.path("backbone_config"));
    String pooled =
        to.with("kernel_shape", 3, 2).with("strides", 3, 2).add("AveragePool", stages.getLast());
    to.name(pooled, "backbone");
    float epsilon = (float) config.path("layer_norm_eps").asDouble(1e-6);
    int heads = config.path("num_attention_heads").asInt(8);
    String narrow = activated(to, activated(to, pooled, 0), 1);
    String rows = to.with("perm", 0, 2, 1).add("Transpose", to.add("Squeeze", narrow, to.whole(2)));
    for (int i = 0; to.has(ENCODER + "svtr_block." + i + ".layer_norm1.weight"); i++) {
      rows = block(file, to, rows, ENCODER + "svtr_block." + i + ".", heads, epsilon);
    }
    String normed = layerNorm(to, rows, ENCODER + "norm", epsilon);
    String columns =
        to.add("Unsqueeze", to.with("perm", 0, 2, 1).add("Transpose", normed), to.whole(2));
    String joined = to.integer("axis", 1).add("Concat", pooled, activated(to, columns, 2));
    String last = activated(to, activated(to, joined, 3), 4);
    String svtr = to.with("perm", 0, 2, 1).add("Transpose", to.add("Squeeze", last, to.whole(2)));
    to.name(svtr, "svtr");
    String logits = linear(to, svtr, "head.head");
    to.name(logits, "logits");
    to.name(to.integer("axis", 2).add("Softmax", logits), "prob");
    return to.model(List.of("prob", "logits", "svtr", "backbone"));
  }

  private static String activated(NetworkBuilder to, String value, int i)
      throws InvalidFileException {
    String name = ENCODER + "conv_block." + i;
    String norm = to.has(name + ".norm.weight") ? ".norm" : ".normalization";
    Fused fused = Fused.of(to, name + ".convolution.weight", name + norm);
    String made = fused.add(to, value, 1, 1, 1);
    return to.add("Mul", made, to.add("Sigmoid", made));
  }

  private static String layerNorm(NetworkBuilder to, String value, String name, float epsilon)
      throws InvalidFileException {
    return to.number("epsilon", epsilon)
        .add(
            "LayerNormalization",
            value,
            to.constant(to.weight(name + ".weight")),
            to.constant(to.weight(name + ".bias")));
  }

  private static String linear(NetworkBuilder to, String value, String name)
      throws InvalidFileException {
    Weight w = to.weight(name + ".weight");
    int out = w.dim(0);
    int in = w.dim(1);
    float[] turned = new float[in * out];
    for (int i = 0; i < turned.length; i++) {
      turned[i % in * out + i / in] = w.values()[i];
    }
    String product = to.add("MatMul", value, to.constant(Shape.of(in, out), turned));
    return to.add("Add", product, to.constant(to.weight(name + ".bias")));
  }

  private static String block(
      Path file, NetworkBuilder to, String rows, String name, int heads, float epsilon)
      throws InvalidFileException {
    int width = to.weight(name + "layer_norm1.weight").dim(0);
    if (heads < 1 || width % heads != 0) {
      throw new InvalidFileException(
          file, "has num_attention_heads " + heads + " for " + width + " channels");
    }
    String mixed =
        linear(to, layerNorm(to, rows, name + "layer_norm1", epsilon), name + "self_attn.qkv");
    String apart = to.add("Reshape", mixed, to.whole(0, 0, 3, heads, width / heads));
    String moved = to.with("perm", 2, 0, 3, 1, 4).add("Transpose", apart);
    List<String> three = to.integer("axis", 0).addMany("Split", 3, moved);
    String axis = to.whole(0);
    String query = to.add("Squeeze", three.get(0), axis);
    String key = to.add("Squeeze", three.get(1), axis);
    String value = to.add("Squeeze", three.get(2), axis);
    String scores = to.add("MatMul", query, to.with("perm", 0, 1, 3, 2).add("Transpose", key));
    String scaled =
        to.add("Mul", scores, to.scalar((float) (1 / Math.sqrt((double) width / heads))));
    String weights = to.integer("axis", -1).add("Softmax", scaled);
    String seen = to.with("perm", 0, 2, 1, 3).add("Transpose", to.add("MatMul", weights, value));
    String joined = to.add("Reshape", seen, to.whole(0, 0, width));
    String attended = to.add("Add", rows, linear(to, joined, name + "self_attn.projection"));
    String inner =
        linear(to, layerNorm(to, attended, name + "layer_norm2", epsilon), name + "mlp.fc1");
    String active = to.add("Mul", inner, to.add("Sigmoid", inner));
    return to.add("Add", attended, linear(to, active, name + "mlp.fc2"));
  }
}
