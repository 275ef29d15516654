package org.diffusionnft.weights.peft;

import static org.diffusionnft.weights.io.InvalidFileException.quote;
import static org.diffusionnft.weights.peft.LoraFactors.A;
import static org.diffusionnft.weights.peft.LoraFactors.B;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.singlefile.ModelFamily;

/**
 * The tensors of a LoRA file in either format: pairs of factors named {@code
 * PREFIX<module>.lora_A.weight} and {@code PREFIX<module>.lora_B.weight}, and otherwise only
 * alphas.
 */
final class LoraTensors {
  private static final String ALPHA = ".alpha";

  /** A model's names have about 50 characters; the search time grows with the square of this. */
  private static final int LONGEST_NAME = 1000;

  /** Name parts that occur only in LoRA variants, which change the meaning of the factors. */
  private static final List<Map.Entry<String, String>> VARIANTS =
      List.of(
          Map.entry("lora_magnitude_vector", "DoRA"),
          Map.entry("dora_scale", "DoRA"),
          Map.entry(".lora_B.bias", "LoRA with biases"),
          Map.entry(".hada_w", "LoHa"),
          Map.entry(".lokr_", "LoKr"),
          Map.entry(".oft_", "OFT"),
          Map.entry(".boft_", "BOFT"),
          Map.entry(".vera_lambda", "VeRA"),
          Map.entry(".ia3_", "IA3"),
          Map.entry(".lora_embedding_", "LoRA of embeddings"),
          Map.entry(".lora_mid.", "LoCon with a factor in the middle"));

  private final TensorSource file;
  private final String prefix;
  private final boolean alphas;
  private final SortedMap<String, LoraFactors> modules = new TreeMap<>();
  private final SortedMap<String, Double> alpha = new TreeMap<>();

  private LoraTensors(TensorSource file, String prefix, boolean alphas) {
    this.file = file;
    this.prefix = prefix;
    this.alphas = alphas;
  }

  /**
   * Reads all tensors of a file.
   *
   * @param prefix the prefix of every name
   * @param alphas whether tensors may state alpha
   * @throws InvalidFileException if there are none, one is not a floating-point matrix, the two
   *     factors of a layer do not match, or there is something that is not plain LoRA
   */
  static LoraTensors read(TensorSource file, String prefix, boolean alphas, Device device)
      throws InvalidFileException {
    LoraTensors tensors = new LoraTensors(file, prefix, alphas);
    for (String name : file.names()) {
      tensors.take(name, device);
    }
    if (tensors.modules.isEmpty()) {
      throw new InvalidFileException(file.path(), "has no tensors of an adapter");
    }
    for (String module : tensors.alpha.keySet()) {
      if (!tensors.modules.containsKey(module)) {
        throw new InvalidFileException(
            file.path(),
            "has " + quote(prefix + module + ALPHA) + ", but no factors that it could belong to");
      }
    }
    return tensors;
  }

  /** The factors by module; F32, owned by the innermost open scope. */
  Map<String, LoraFactors> modules() {
    return modules;
  }

  /** The alphas stated by tensors, by module. */
  Map<String, Double> alphas() {
    return alpha;
  }

  private void take(String name, Device device) throws InvalidFileException {
    List<String> suffixes = new ArrayList<>(List.of(A, B));
    if (alphas) {
      suffixes.add(ALPHA);
    }
    for (String suffix : suffixes) {
      boolean fits = name.startsWith(prefix) && name.endsWith(suffix);
      if (fits && name.length() > prefix.length() + suffix.length()) {
        String module = name.substring(prefix.length(), name.length() - suffix.length());
        if (suffix.equals(ALPHA)) {
          alpha.put(module, alpha(name, device));
        } else if (!modules.containsKey(module)) {
          modules.put(module, factors(module, device));
        }
        return;
      }
    }
    throw stranger(name);
  }

  /**
   * The error for an unknown name: all names are checked, so that the message does not depend on
   * which comes first.
   */
  private InvalidFileException stranger(String name) {
    for (Map.Entry<String, String> variant : VARIANTS) {
      for (String other : file.names()) {
        if (other.contains(variant.getKey())) {
          return new InvalidFileException(
              file.path(),
              "uses "
                  + variant.getValue()
                  + " (tensor "
                  + quote(other)
                  + "), which is not supported: only plain LoRA is");
        }
      }
    }
    return new InvalidFileException(
        file.path(),
        "has the tensor "
            + quote(name)
            + ", but names like '"
            + prefix
            + "<module>"
            + A
            + "' are expected"
            + advice());
  }

  private String advice() {
    if (anyName(n -> n.contains(".lora_down.") || n.contains(".lora_up."))) {
      return ": it is in another tool's layout (lora_down, lora_up); load and save it with"
          + " diffusers to convert it";
    }
    if (anyName(n -> n.startsWith("diffusion_model."))) {
      return ": it is in another tool's layout (diffusion_model); load and save it with diffusers"
          + " to convert it";
    }
    if (anyName(n -> n.startsWith("text_encoder") || n.startsWith("lora_te"))) {
      return ": adapters of text encoders are not supported";
    }
    return anyName(n -> n.contains(".lora_")) ? "" : ": " + ModelFamily.sentence(file.names());
  }

  private boolean anyName(Predicate<String> test) {
    return file.names().stream().anyMatch(test);
  }

  private double alpha(String name, Device device) throws InvalidFileException {
    Shape shape = file.shape(name);
    if (shape.elements() != 1) {
      throw new InvalidFileException(
          file.path(),
          "has " + quote(name) + " of shape " + shape + ", but one number is expected");
    }
    Tensor value = file.tensor(name, device);
    file.requireFinite(name, value);
    return value.reshape(1).item();
  }

  private LoraFactors factors(String module, Device device) throws InvalidFileException {
    if (module.length() > LONGEST_NAME) {
      throw new InvalidFileException(
          file.path(),
          "has a layer with a name of more than " + LONGEST_NAME + " letters: " + quote(module));
    }
    Shape a = file.shape(prefix + module + A);
    Shape b = file.shape(prefix + module + B);
    boolean matrices = a.rank() >= 2 && b.rank() == a.rank();
    if (!matrices || a.dim(0) != b.dim(1) || a.elements() == 0 || b.elements() == 0) {
      throw new InvalidFileException(
          file.path(),
          "has lora_A "
              + a
              + " and lora_B "
              + b
              + " for "
              + quote(module)
              + ": [rank, in] and [out, rank] are expected");
    }
    requireInts(a);
    requireInts(b);
    return new LoraFactors(f32(prefix + module + A, device), f32(prefix + module + B, device));
  }

  private void requireInts(Shape shape) throws InvalidFileException {
    for (long dim : shape.dims()) {
      if (dim > Integer.MAX_VALUE) {
        throw new InvalidFileException(file.path(), "has a factor of shape " + shape);
      }
    }
  }

  private Tensor f32(String name, Device device) throws InvalidFileException {
    DType dtype = file.dtype(name);
    if (!dtype.isFloating()) {
      throw new InvalidFileException(
          file.path(),
          "tensor "
              + quote(name)
              + " is "
              + dtype
              + ", not floating-point: quantised adapters are not supported");
    }
    return Elementwise.convert(file.tensor(name, device), DType.F32);
  }

  /**
   * Checks that a configuration targets all modules that have factors, states their actual ranks,
   * and scales them by finite numbers.
   *
   * @throws InvalidFileException naming a module otherwise
   */
  void require(PeftConfig config) throws InvalidFileException {
    try {
      requireTargeted(new TargetedModules(config));
      requireRanks(config);
    } catch (InvalidInputException e) {
      throw new InvalidFileException(
          file.path(),
          "has modules that the configuration cannot be asked about: " + e.getMessage(),
          e);
    }
  }

  /**
   * PEFT creates no layer for a module that the configuration does not target, and ignores its
   * tensors.
   */
  private void requireTargeted(TargetedModules targets) throws InvalidFileException {
    for (Map.Entry<String, LoraFactors> e : modules.entrySet()) {
      String against = targets.optionAgainst(e.getKey(), e.getValue().a().shape().rank());
      if (against != null) {
        throw new InvalidFileException(
            file.path(),
            "has the tensor "
                + quote(prefix + e.getKey() + A)
                + ", whose layer the configuration leaves out by "
                + against
                + ": PEFT would ignore it; take it out of the file, or correct the option");
      }
    }
  }

  private void requireRanks(PeftConfig config) throws InvalidFileException {
    for (Map.Entry<String, LoraFactors> e : modules.entrySet()) {
      String module = e.getKey();
      int stated = config.rank(module);
      LoraFactors factors = e.getValue();
      if (factors.rank() != stated) {
        throw new InvalidFileException(
            file.path(),
            "has lora_A "
                + factors.a().shape()
                + " and lora_B "
                + factors.b().shape()
                + " for "
                + quote(module)
                + ", but the configuration says rank "
                + stated
                + ": [rank, in] and [out, rank] are expected");
      }
      if (!Float.isFinite((float) config.scaling(module, stated))) {
        throw new InvalidFileException(
            file.path(),
            "scales "
                + quote(module)
                + " by "
                + config.scaling(module, stated)
                + ", which is no number that a layer can be scaled by");
      }
    }
  }
}
