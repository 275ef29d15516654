package org.diffusionnft.models.adapter;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A low-rank adapter (LoRA, Hu et al., arXiv 2106.09685): for each adapted layer, two matrices A
 * and B that add {@code alpha/r · B A} to its weight W. The base model is unchanged: an adapter is
 * an argument of the forward pass, so each policy that shares a base costs only its own matrices.
 */
public final class Adapter implements AutoCloseable {
  private final AdapterConfig config;
  private final SequencedMap<String, LowRank> layers;

  /**
   * The two matrices of one layer. For a convolution they have PEFT's shapes, A {@code [r, C, k,
   * k]} and B {@code [N, r, 1, 1]}.
   *
   * @param a {@code [r, K]}
   * @param b {@code [N, r]}
   * @param scale factor on {@code B A}, normally alpha / r
   */
  public record LowRank(Variable a, Variable b, double scale) {

    /** Copies of given matrices, in F32 and outside all memory scopes. */
    public static LowRank copyOf(Tensor a, Tensor b, double scale, boolean trainable) {
      return new LowRank(copy(a, trainable), copy(b, trainable), scale);
    }

    private static Variable copy(Tensor given, boolean trainable) {
      Tensor own = Elementwise.convert(given, DType.F32).keepForever();
      return trainable ? Variable.parameter(own) : Variable.constant(own);
    }
  }

  private Adapter(AdapterConfig config, SequencedMap<String, LowRank> layers) {
    this.config = config;
    this.layers = Collections.unmodifiableSequencedMap(layers);
  }

  /**
   * A new trainable adapter; it has no effect at first, because B is zero.
   *
   * @param parameters names and shapes of the model's parameters
   * @throws InvalidInputException if a target of the configuration matches no layer
   */
  public static Adapter create(
      AdapterConfig config, Map<String, Shape> parameters, Device device, AdapterInit init) {
    SequencedMap<String, LowRank> layers = new LinkedHashMap<>();
    config
        .adapted(parameters)
        .forEach(
            (module, weight) -> {
              Tensor a = init.matrixA(device, module, shapeA(weight, config.rank()));
              Tensor b = Tensor.zeros(device, DType.F32, shapeB(weight, config.rank()));
              layers.put(
                  module,
                  new LowRank(
                      Variable.parameter(a.keepForever()),
                      Variable.parameter(b.keepForever()),
                      config.scale()));
            });
    return new Adapter(config, layers);
  }

  /**
   * An adapter of given matrices, whose memory it takes over; if they don't fit, their memory is
   * released.
   *
   * @param config the configuration they were made with
   * @param parameters names and shapes of the model's parameters
   * @param layers the matrices by layer, in any order
   * @throws InvalidInputException if the model has no such layer, or a matrix doesn't fit it
   */
  public static Adapter of(
      AdapterConfig config, Map<String, Shape> parameters, Map<String, LowRank> layers) {
    try {
      return new Adapter(config, ordered(parameters, layers));
    } catch (InvalidInputException e) {
      new Adapter(config, new LinkedHashMap<>(layers)).close();
      throw e;
    }
  }

  private static SequencedMap<String, LowRank> ordered(
      Map<String, Shape> parameters, Map<String, LowRank> layers) {
    SequencedMap<String, LowRank> ordered = new LinkedHashMap<>();
    parameters.forEach(
        (name, shape) -> {
          String module = name.replaceFirst("\\.weight$", "");
          LowRank layer = layers.get(module);
          if (layer != null && !module.equals(name)) {
            int rank = layer.a().shape().intDim(0);
            requireShape(nameA(module), layer.a(), shapeA(shape, rank));
            requireShape(nameB(module), layer.b(), shapeB(shape, rank));
            ordered.put(module, layer);
          }
        });
    Set<String> unknown = new TreeSet<>(layers.keySet());
    unknown.removeAll(ordered.keySet());
    if (!unknown.isEmpty()) {
      throw new InvalidInputException(
          "the adapter is for another model: there are no layers " + String.join(", ", unknown));
    }
    return ordered;
  }

  /** The configuration: which layers are adapted and how. */
  public AdapterConfig config() {
    return config;
  }

  /** The matrices of an adapted layer, or null if the layer is not adapted. */
  public @Nullable LowRank find(String module) {
    return layers.get(module);
  }

  /** The adapted layers in the model's order. */
  public SequencedMap<String, LowRank> layers() {
    return layers;
  }

  /**
   * All matrices by name, {@code <layer>.lora_A.weight} before {@code <layer>.lora_B.weight},
   * layers in the model's order: the order of PEFT's trainable parameters.
   */
  public SequencedMap<String, Variable> named() {
    SequencedMap<String, Variable> named = new LinkedHashMap<>();
    layers.forEach(
        (module, layer) -> {
          named.put(nameA(module), layer.a());
          named.put(nameB(module), layer.b());
        });
    return named;
  }

  /** All matrices in the order of {@link #named}. */
  public List<Variable> parameters() {
    return List.copyOf(named().values());
  }

  /** A copy with its own memory. */
  public Adapter copy(boolean trainable) {
    SequencedMap<String, LowRank> copies = new LinkedHashMap<>();
    layers.forEach(
        (module, layer) ->
            copies.put(
                module,
                LowRank.copyOf(layer.a().value(), layer.b().value(), layer.scale(), trainable)));
    return new Adapter(config, copies);
  }

  /**
   * Overwrites all matrices.
   *
   * @param values like {@link #parameters}
   */
  public void set(List<Tensor> values) {
    List<Variable> own = parameters();
    if (values.size() != own.size()) {
      throw new InvalidInputException(
          "the adapter has " + own.size() + " matrices, but " + values.size() + " are given");
    }
    for (int i = 0; i < own.size(); i++) {
      Tensor target = own.get(i).value();
      if (!values.get(i).shape().equals(target.shape())) {
        throw new InvalidInputException(
            "matrix "
                + i
                + " of the adapter has shape "
                + target.shape()
                + ", but the one given "
                + values.get(i).shape());
      }
      target.device().elementwise().convert(values.get(i), target);
    }
  }

  /**
   * The soft update of an old policy towards the trained one, {@code this = decay · this + (1 -
   * decay) · other}, each product rounded as in the reference code.
   *
   * @param decay 0 to copy, 1 to stay
   * @throws InvalidInputException if the other adapter adapts different layers
   */
  public void moveTowards(Adapter other, double decay) {
    List<Variable> own = parameters();
    List<Variable> target = other.parameters();
    if (!List.copyOf(layers.keySet()).equals(List.copyOf(other.layers.keySet()))) {
      throw new InvalidInputException("the two adapters don't adapt the same layers");
    }
    for (int i = 0; i < own.size(); i++) {
      Tensor mine = own.get(i).value();
      try (Memory.Scope scope = mine.device().memory().scope()) {
        Tensor kept = Elementwise.scale(mine, (float) decay);
        Tensor added = Elementwise.scale(target.get(i).value(), (float) (1 - decay));
        mine.device().elementwise().binary(BinaryOp.ADD, kept, added, mine);
      }
    }
  }

  /**
   * The weight with the adapter merged in, {@code W + alpha/r · B A}, as F32 with the weight's
   * shape.
   *
   * @param module the layer's name
   * @param weight W, not modified
   */
  public Tensor merged(String module, Tensor weight) {
    LowRank layer = layers.get(module);
    return layer == null
        ? Elementwise.convert(weight, DType.F32)
        : Matrices.lowRankSum(weight, layer.a().value(), layer.b().value(), (float) layer.scale());
  }

  /** Returns the memory of all matrices. */
  @Override
  public void close() {
    parameters().forEach(p -> p.value().release());
  }

  private static void requireShape(String name, Variable given, Shape expected) {
    if (!given.shape().equals(expected)) {
      throw new InvalidInputException(
          "tensor "
              + name
              + " of the adapter has shape "
              + given.shape()
              + " but must have "
              + expected);
    }
  }

  private static String nameA(String module) {
    return module + ".lora_A.weight";
  }

  private static String nameB(String module) {
    return module + ".lora_B.weight";
  }

  private static Shape shapeA(Shape weight, int rank) {
    return weight.with(0, rank);
  }

  private static Shape shapeB(Shape weight, int rank) {
    long[] dims = new long[weight.rank()];
    Arrays.fill(dims, 1);
    dims[0] = weight.dim(0);
    dims[1] = rank;
    return Shape.of(dims);
  }
}
