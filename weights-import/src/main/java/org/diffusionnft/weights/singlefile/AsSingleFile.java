package org.diffusionnft.weights.singlefile;

import static org.diffusionnft.weights.io.InvalidFileException.quote;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.io.InvalidFileException;

/**
 * Presents the parts of a checkpoint, given under the names of diffusers and transformers, under
 * those of Stability AI's single files. The inverse of {@link SingleFile}: queries, keys and values
 * are joined on demand, one tensor at a time.
 */
public final class AsSingleFile implements TensorSource {
  /** How a tensor is made. */
  private sealed interface Recipe {
    TensorSource source();

    /** The tensors it is made of, at least one. */
    List<String> names();

    record Whole(TensorSource source, String name) implements Recipe {
      @Override
      public List<String> names() {
        return List.of(name);
      }
    }

    record Joined(TensorSource source, List<String> names) implements Recipe {}

    record Swapped(TensorSource source, String name) implements Recipe {
      @Override
      public List<String> names() {
        return List.of(name);
      }
    }

    record Pointwise(TensorSource source, String name) implements Recipe {
      @Override
      public List<String> names() {
        return List.of(name);
      }
    }
  }

  private static final int QKV = 3;

  private final Path path;
  private final Map<String, Recipe> recipes = new LinkedHashMap<>();

  private AsSingleFile(Path path) {
    this.path = path;
  }

  /**
   * Combines the parts into one file.
   *
   * @param path named in error messages
   * @param parts remain the caller's
   * @throws InvalidFileException if a transformer has some of queries, keys and values, but not all
   */
  public static AsSingleFile of(Path path, Map<SingleFile.Part, TensorSource> parts)
      throws InvalidFileException {
    AsSingleFile file = new AsSingleFile(path);
    for (Map.Entry<SingleFile.Part, TensorSource> e : parts.entrySet()) {
      TensorSource source = e.getValue();
      switch (e.getKey()) {
        case TRANSFORMER -> file.addTransformer(source);
        case VAE -> file.addVae(source);
        case CLIP_L, CLIP_G, T5 -> {
          for (String name : source.names()) {
            file.recipes.put(e.getKey().prefix() + name, new Recipe.Whole(source, name));
          }
        }
      }
    }
    return file;
  }

  private void addTransformer(TensorSource source) throws InvalidFileException {
    for (var e : MmditKeyMap.singleFileNames(source.names()).entrySet()) {
      List<MmditKeyMap.Origin> parts = e.getValue();
      MmditKeyMap.Origin first = parts.getFirst();
      Recipe recipe =
          switch (first.part()) {
            case WHOLE, SWAPPED_IN_LAST_BLOCK -> new Recipe.Whole(source, first.name());
            case SWAPPED -> new Recipe.Swapped(source, first.name());
            case Q, K, V ->
                new Recipe.Joined(source, parts.stream().map(MmditKeyMap.Origin::name).toList());
          };
      if (recipe instanceof Recipe.Joined && parts.size() != QKV) {
        throw new InvalidFileException(
            source.path(),
            "has " + recipe.names() + " without the rest of queries, keys and values");
      }
      recipes.put(e.getKey(), recipe);
    }
  }

  private void addVae(TensorSource source) {
    VaeKeyMap.singleFileNames(source.names())
        .forEach(
            (single, origin) ->
                recipes.put(
                    single,
                    origin.matrix()
                        ? new Recipe.Pointwise(source, origin.name())
                        : new Recipe.Whole(source, origin.name())));
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(recipes.keySet());
  }

  @Override
  public DType dtype(String name) throws InvalidFileException {
    Recipe recipe = recipe(name);
    return recipe.source().dtype(recipe.names().getFirst());
  }

  @Override
  public Shape shape(String name) throws InvalidFileException {
    Recipe recipe = recipe(name);
    Shape first = recipe.source().shape(recipe.names().getFirst());
    return switch (recipe) {
      case Recipe.Whole _, Recipe.Swapped _ -> first;
      case Recipe.Pointwise _ -> pointwise(first);
      case Recipe.Joined joined -> {
        long rows = 0;
        for (String part : joined.names()) {
          rows += joined.source().shape(part).dim(0);
        }
        yield first.with(0, rows);
      }
    };
  }

  private static Shape pointwise(Shape matrix) {
    return matrix.rank() == 2 ? Shape.of(matrix.dim(0), matrix.dim(1), 1, 1) : matrix;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Joined or swapped tensors are copies in the device's innermost scope.
   */
  @Override
  public Tensor tensor(String name, Device device) throws InvalidFileException {
    Recipe recipe = recipe(name);
    Tensor first = recipe.source().tensor(recipe.names().getFirst(), device);
    return switch (recipe) {
      case Recipe.Whole _ -> first;
      case Recipe.Pointwise _ -> first.reshape(pointwise(first.shape()));
      case Recipe.Swapped _ -> {
        long half = first.dim(0) / 2;
        yield Layout.concat(0, first.narrow(half, first.dim(0) - half), first.narrow(0, half));
      }
      case Recipe.Joined joined -> {
        Tensor[] parts = new Tensor[joined.names().size()];
        for (int i = 0; i < parts.length; i++) {
          parts[i] = joined.source().tensor(joined.names().get(i), device);
          if (parts[i].dtype() != first.dtype()) {
            throw new InvalidFileException(
                joined.source().path(),
                "has " + joined.names() + " of different dtypes, which cannot be joined");
          }
        }
        yield Layout.concat(0, parts);
      }
    };
  }

  @Override
  public List<Place> madeOf(String name) throws InvalidFileException {
    Recipe recipe = recipe(name);
    return recipe.names().stream().map(n -> new Place(recipe.source(), n)).toList();
  }

  private Recipe recipe(String name) throws InvalidFileException {
    Recipe recipe = recipes.get(name);
    if (recipe == null) {
      throw new InvalidFileException(path, "has no tensor for " + quote(name));
    }
    return recipe;
  }

  @Override
  public void close() {}
}
