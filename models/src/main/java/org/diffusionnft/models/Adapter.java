package org.diffusionnft.models;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.tensor.BinaryOp;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Matrices;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A low-rank adapter (LoRA, Hu et al., arXiv 2106.09685): for each adapted layer two matrices A and
 * B that add {@code alpha/r · B A} to its weight W. The base model knows nothing of it: an adapter
 * is an argument of the forward pass, so policies that share a base cost only their own matrices.
 */
public final class Adapter implements AutoCloseable {
  private final AdapterConfig config;
  private final SequencedMap<String, LowRank> layers;

  /**
   * The two matrices of one layer. Those of a convolution are stored as PEFT stores them, A {@code
   * [r, C, k, k]} and B {@code [N, r, 1, 1]}.
   *
   * @param a {@code [r, K]}
   * @param b {@code [N, r]}
   */
  public record LowRank(Variable a, Variable b) {}

  private Adapter(AdapterConfig config, SequencedMap<String, LowRank> layers) {
    this.config = config;
    this.layers = Collections.unmodifiableSequencedMap(layers);
  }

  /**
   * A new adapter to train; it changes nothing yet, since B is zero.
   *
   * @param parameters names and shapes of the model's parameters
   * @throws IllegalArgumentException if a target of the configuration names no layer
   */
  public static Adapter create(
      AdapterConfig config, Map<String, Shape> parameters, Device device, AdapterInit init) {
    SequencedMap<String, LowRank> layers = new LinkedHashMap<>();
    config
        .adapted(parameters)
        .forEach(
            (module, weight) -> {
              Shape shapeA = shapeA(config, weight);
              Tensor a = init.matrixA(device, module, shapeA).keepForever();
              Tensor b = Tensor.zeros(device, DType.F32, shapeB(config, weight)).keepForever();
              layers.put(module, new LowRank(Variable.parameter(a), Variable.parameter(b)));
            });
    return new Adapter(config, layers);
  }

  /**
   * Reads an adapter into memory of its own.
   *
   * @param source tensors named {@code <layer>.lora_A.weight} and {@code <layer>.lora_B.weight}
   * @param trainable whether gradients are wanted
   * @throws IllegalArgumentException if a tensor is missing, unknown or of another shape
   */
  public static Adapter load(
      AdapterConfig config, Map<String, Shape> parameters, WeightSource source, boolean trainable) {
    SequencedMap<String, Shape> adapted = config.adapted(parameters);
    source.requireExactly("the LoRA adapter", tensorNames(adapted.keySet()), Set.of());
    SequencedMap<String, LowRank> layers = new LinkedHashMap<>();
    adapted.forEach(
        (module, weight) ->
            layers.put(
                module,
                new LowRank(
                    owned(source.get(nameA(module), shapeA(config, weight)), trainable),
                    owned(source.get(nameB(module), shapeB(config, weight)), trainable))));
    return new Adapter(config, layers);
  }

  /** What is adapted and how. */
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

  /** A copy with memory of its own. */
  public Adapter copy(boolean trainable) {
    SequencedMap<String, LowRank> copies = new LinkedHashMap<>();
    layers.forEach(
        (module, layer) ->
            copies.put(
                module,
                new LowRank(
                    owned(Elementwise.copy(layer.a().value()), trainable),
                    owned(Elementwise.copy(layer.b().value()), trainable))));
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
      throw new IllegalArgumentException(
          "the adapter has " + own.size() + " matrices, but " + values.size() + " are given");
    }
    for (int i = 0; i < own.size(); i++) {
      Tensor target = own.get(i).value();
      if (!values.get(i).shape().equals(target.shape())) {
        throw new IllegalArgumentException(
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
   * decay) · other}, each product rounded as in the reference.
   *
   * @param decay 0 to copy, 1 to stay
   * @throws IllegalArgumentException if the other adapts other layers
   */
  public void moveTowards(Adapter other, double decay) {
    List<Variable> own = parameters();
    List<Variable> target = other.parameters();
    if (!layers.keySet().equals(other.layers.keySet()) || config.rank() != other.config.rank()) {
      throw new IllegalArgumentException("the two adapters don't adapt the same layers and rank");
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
   * The weight with the adapter merged in, {@code W + alpha/r · B A}, as F32 of the weight's shape.
   *
   * @param module the layer's name
   * @param weight W, left as it is
   */
  public Tensor merged(String module, Tensor weight) {
    LowRank layer = layers.get(module);
    Device device = weight.device();
    Tensor out = Elementwise.convert(weight, DType.F32);
    if (layer != null) {
      try (Memory.Scope scope = device.memory().scope()) {
        Tensor a = layer.a().value();
        Tensor b = layer.b().value();
        Tensor product = Matrices.matmul(b.reshape(b.dim(0), b.dim(1)), a.reshape(a.dim(0), -1));
        Elementwise.addInPlace(
            out, Elementwise.scale(product, (float) config.scale()).reshape(weight.shape()));
      }
    }
    return out;
  }

  /** Returns the memory of all matrices. */
  @Override
  public void close() {
    parameters().forEach(p -> p.value().release());
  }

  private static Variable owned(Tensor given, boolean trainable) {
    Tensor own = Elementwise.convert(given, DType.F32).keepForever();
    given.release();
    return trainable ? Variable.parameter(own) : Variable.constant(own);
  }

  private static List<String> tensorNames(Iterable<String> modules) {
    List<String> names = new ArrayList<>();
    for (String module : modules) {
      names.add(nameA(module));
      names.add(nameB(module));
    }
    return names;
  }

  private static String nameA(String module) {
    return module + ".lora_A.weight";
  }

  private static String nameB(String module) {
    return module + ".lora_B.weight";
  }

  private static Shape shapeA(AdapterConfig config, Shape weight) {
    return weight.with(0, config.rank());
  }

  private static Shape shapeB(AdapterConfig config, Shape weight) {
    long[] dims = new long[weight.rank()];
    java.util.Arrays.fill(dims, 1);
    dims[0] = weight.dim(0);
    dims[1] = config.rank();
    return Shape.of(dims);
  }
}
