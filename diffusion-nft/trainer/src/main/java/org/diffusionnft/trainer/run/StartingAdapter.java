package org.diffusionnft.trainer.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.trainer.config.AdapterSettings;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.jspecify.annotations.Nullable;

/** An adapter, trained here or with PEFT or diffusers, that a run starts from. */
final class StartingAdapter {
  private StartingAdapter() {}

  /**
   * Reads the adapter.
   *
   * @return a trainable adapter with one rank and alpha, owned by the caller
   * @throws InvalidFileException if it is missing, is for another model, has layers of different
   *     ranks or scales, or contradicts the settings
   */
  static Adapter read(AdapterSettings settings, Mmdit model) throws InvalidFileException {
    Path path = Path.of(settings.start());
    Map<String, Shape> parameters = MmditLayout.parameters(model.config());
    try (Memory.Scope _ = model.device().memory().scope()) {
      PeftAdapter file = AdapterFile.read(path, model.device());
      AdapterConfig config = config(path, file, parameters);
      requireSame(path, settings, config);
      Map<String, Adapter.LowRank> layers = new LinkedHashMap<>();
      file.modules()
          .forEach(
              (module, factors) ->
                  layers.put(
                      module,
                      Adapter.LowRank.copyOf(factors.a(), factors.b(), config.scale(), true)));
      return Adapter.of(config, parameters, layers);
    } catch (InvalidInputException e) {
      throw AdapterFile.doesNotFit(path, e);
    }
  }

  /** The single rank, alpha and list of layers that describe the adapter. */
  private static AdapterConfig config(Path path, PeftAdapter file, Map<String, Shape> parameters)
      throws InvalidFileException {
    @Nullable String first = null;
    int rank = 0;
    double scale = 0;
    for (Map.Entry<String, LoraFactors> layer : file.modules().entrySet()) {
      String module = layer.getKey();
      int its = layer.getValue().rank();
      if (first == null) {
        first = module;
        rank = its;
        scale = file.scaling(module);
      } else if (its != rank || file.scaling(module) != scale) {
        throw new InvalidFileException(
            path,
            "has layers of different ranks or scales, %s (%d, %s) and %s (%d, %s): only adapters with one of each can be trained"
                .formatted(first, rank, scale, module, its, file.scaling(module)));
      }
    }
    double said = file.config().alpha();
    double alpha = said / rank == scale ? said : scale * rank;
    return new AdapterConfig(rank, alpha, targets(file, parameters));
  }

  /**
   * The targets that the file names if they match exactly the layers it has, else all of its
   * layers.
   */
  private static List<String> targets(PeftAdapter file, Map<String, Shape> parameters) {
    Set<String> layers = file.modules().keySet();
    List<String> named = file.config().targetModules();
    if (named.isEmpty()) {
      return List.copyOf(layers);
    }
    AdapterConfig config = new AdapterConfig(1, 1, named);
    return config.adapted(parameters).keySet().equals(layers) ? named : List.copyOf(layers);
  }

  private static void requireSame(Path path, AdapterSettings settings, AdapterConfig config)
      throws InvalidFileException {
    List<String> wrong = new ArrayList<>();
    if (settings.rank() != 0 && settings.rank() != config.rank()) {
      wrong.add("rank " + config.rank() + ", not " + settings.rank());
    }
    if (settings.alpha() != 0 && settings.alpha() != config.alpha()) {
      wrong.add("alpha " + config.alpha() + ", not " + settings.alpha());
    }
    if (!settings.targets().isEmpty()
        && !Set.copyOf(settings.targets()).equals(Set.copyOf(config.targetModules()))) {
      wrong.add("targets " + config.targetModules() + ", not " + settings.targets());
    }
    if (!wrong.isEmpty()) {
      throw new InvalidFileException(
          path,
          "has %s: leave out what 'adapter' says beside 'start'"
              .formatted(String.join(", ", wrong)));
    }
  }
}
