package org.diffusionnft.trainer.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.trainer.config.ConfigEdits;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.io.FolderLock;
import org.diffusionnft.weights.io.InvalidFileException;
import org.jspecify.annotations.Nullable;

/**
 * The state to resume from in a run's folder. The folder is locked for others until this is closed.
 */
public final class Resumption implements AutoCloseable {
  private final Path folder;
  private final TrainConfig config;
  private final @Nullable Path checkpoint;
  private final long epoch;
  private final int epochsBefore;
  private final List<String> warnings;
  private final FolderLock lock;

  private Resumption(
      Path folder,
      TrainConfig config,
      @Nullable Path checkpoint,
      long epoch,
      int epochsBefore,
      List<String> warnings,
      FolderLock lock) {
    this.folder = folder;
    this.config = config;
    this.checkpoint = checkpoint;
    this.epoch = epoch;
    this.epochsBefore = epochsBefore;
    this.warnings = List.copyOf(warnings);
    this.lock = lock;
  }

  /**
   * Finds the state to resume from in the folder of a run, and locks the folder.
   *
   * @throws InvalidFileException if it is not a run's folder, another process uses it, all of its
   *     checkpoints are damaged, or its settings were edited such that it cannot resume
   */
  public static Resumption find(Path folder) throws IOException {
    requireRun(folder);
    FolderLock lock = FolderLock.take(folder);
    boolean found = false;
    try {
      Resumption resumption = find(folder, lock);
      found = true;
      return resumption;
    } finally {
      if (!found) {
        lock.close();
      }
    }
  }

  private static Resumption find(Path folder, FolderLock lock) throws IOException {
    TrainConfig config = settings(folder);
    Checkpoints.Found found = new Checkpoints(TrainRun.checkpoints(folder)).find();
    List<String> warnings = new ArrayList<>();
    found.skipped().forEach(sentence -> warnings.add("skipped: " + sentence));
    Path newest = found.newest();
    if (newest == null) {
      return new Resumption(folder, config, null, 0, config.epochs(), warnings, lock);
    }
    long epoch = RunProgress.read(newest).epoch();
    TrainConfig saved = Checkpoints.config(newest);
    tellEdits(folder, newest, epoch, ConfigEdits.between(saved, config, epoch), warnings);
    Resumption resumption =
        new Resumption(folder, config, newest, epoch, saved.epochs(), warnings, lock);
    resumption.requireEpochs(config.epochs(), folder.resolve(TrainRun.CONFIG) + ": epochs");
    return resumption;
  }

  /** The settings of a run, to read only; the folder is not locked. */
  public static TrainConfig settings(Path folder) throws IOException {
    requireRun(folder);
    return TrainConfig.read(folder.resolve(TrainRun.CONFIG));
  }

  private static void requireRun(Path folder) throws InvalidFileException {
    if (Files.exists(folder.resolve(FileManifest.NAME))) {
      Path checkpoints = folder.toAbsolutePath().normalize().getParent();
      throw new InvalidFileException(
          folder,
          "is a checkpoint, not a run: give the folder of its run, "
              + (checkpoints == null ? "two folders up" : checkpoints.getParent()));
    }
    if (!Files.isRegularFile(folder.resolve(TrainRun.CONFIG))) {
      throw new InvalidFileException(
          folder,
          "is not the folder of a training run: it has no "
              + TrainRun.CONFIG
              + (TrainRun.isFree(folder) ? "; start one there with --config" : ""));
    }
  }

  private static void tellEdits(
      Path folder, Path checkpoint, long epoch, ConfigEdits edits, List<String> warnings)
      throws InvalidFileException {
    Path file = folder.resolve(TrainRun.CONFIG);
    if (!edits.fixed().isEmpty()) {
      throw new InvalidFileException(
          file,
          ("was edited after epoch %d was saved: %s; a run cannot change what it learns, or how, on"
                  + " its way: undo that (%s has it as it was), or start another run from what this"
                  + " one has learnt, with --config and --adapter %s")
              .formatted(
                  epoch,
                  String.join("; ", edits.fixed()),
                  checkpoint.resolve(TrainRun.CONFIG),
                  checkpoint.resolve(TrainRun.ADAPTER)));
    }
    if (!edits.free().isEmpty()) {
      warnings.add(
          "%s was edited after checkpoint %s was saved: %s; the new settings count from here on"
              .formatted(file, checkpoint.getFileName(), String.join("; ", edits.free())));
    }
  }

  /**
   * The same for another number of epochs: a finished run continues, and ends with the same bytes
   * as a run of that length from the start.
   *
   * @param epochs the total, including those done
   * @throws InvalidInputException if more are done
   */
  public Resumption withEpochs(int epochs) {
    requireEpochs(epochs, "--epochs");
    return new Resumption(
        folder, config.withEpochs(epochs), checkpoint, epoch, epochsBefore, warnings, lock);
  }

  private void requireEpochs(int epochs, String what) {
    if (epochs < epoch) {
      throw new InvalidInputException(
          "%s is %d, but the run in %s has done %d: it counts all epochs, so give at least %d"
              .formatted(what, epochs, folder, epoch, epoch));
    }
  }

  /** The folder of the run. */
  public Path folder() {
    return folder;
  }

  /** The settings that it resumes with. */
  public TrainConfig config() {
    return config;
  }

  /** The newest intact checkpoint; null if there is none yet, so the run starts over. */
  public @Nullable Path checkpoint() {
    return checkpoint;
  }

  /** Epochs done. */
  public long epoch() {
    return epoch;
  }

  /** A sentence for each damaged newer checkpoint, and for edited settings. */
  public List<String> warnings() {
    return warnings;
  }

  /** The last epoch of the run before its settings were changed. */
  int epochsBefore() {
    return epochsBefore;
  }

  FolderLock lock() {
    return lock;
  }

  /** Unlocks the folder; the resumed run must be closed before. */
  @Override
  public void close() {
    lock.close();
  }
}
