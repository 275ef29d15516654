package org.diffusionnft.pipeline.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.weights.MergedTensors;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.ModelWriter;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites a model in either layout, in another dtype, or with an adapter merged in, one tensor at
 * a time.
 *
 * @param layout the layout to write
 * @param dtype what tensors are converted to; null to keep their own
 * @param adapter PEFT folder or diffusers LoRA file to merge in; null for none
 */
public record Conversion(Layout layout, @Nullable DType dtype, @Nullable Path adapter) {

  /** The layout of a model on disk. */
  public enum Layout {
    /** A folder, as in diffusers. */
    DIFFUSERS,
    /** One file, as Stability AI publishes it. */
    SINGLE
  }

  /**
   * Runs the conversion.
   *
   * @param device merges, concatenates and converts; must compute in this process
   * @throws IOException if the model is damaged, the adapter is for another model, or the output
   *     exists or cannot be written
   */
  public void run(ModelCheckpoint model, Path out, Device device) throws IOException {
    List<AutoCloseable> opened = new ArrayList<>();
    try (Memory.Scope _ = device.memory().scope()) {
      ModelWriter writer = new ModelWriter().schedule(model.schedule());
      for (Part part : model.parts()) {
        TensorSource tensors = model.tensors(part);
        opened.add(tensors);
        if (part == Part.TRANSFORMER && adapter != null) {
          Adapter merged = adapter(model, device, adapter);
          opened.add(merged);
          tensors = new MergedTensors(tensors, merged, dtype);
        }
        writer.part(part, tensors, model.config(part));
        tokenizer(model, part, writer);
      }
      switch (layout) {
        case DIFFUSERS -> writer.writeFolder(out, dtype, device);
        case SINGLE -> writer.writeSingleFile(out, dtype, device);
      }
    } finally {
      for (AutoCloseable each : opened.reversed()) {
        closeQuietly(each);
      }
    }
  }

  private static void closeQuietly(AutoCloseable each) {
    switch (each) {
      case TensorSource tensors -> tensors.close();
      case Adapter adapter -> adapter.close();
      default -> throw new IllegalStateException("nothing else is opened");
    }
  }

  private static Adapter adapter(ModelCheckpoint model, Device device, Path path)
      throws IOException {
    try (MmditCheckpoint transformer = model.transformer()) {
      return AdapterFile.load(path, transformer.config(), device);
    }
  }

  private static void tokenizer(ModelCheckpoint model, Part part, ModelWriter writer) {
    Map<Part, String> folders =
        new TreeMap<>(
            Map.of(Part.CLIP_L, "tokenizer", Part.CLIP_G, "tokenizer_2", Part.T5, "tokenizer_3"));
    Path folder = model.folder();
    if (folder != null && folders.containsKey(part)) {
      Path tokenizer = folder.resolve(folders.get(part));
      if (Files.isDirectory(tokenizer)) {
        writer.tokenizer(part, tokenizer);
      }
    }
  }
}
