package org.diffusionnft.shapes.pretrain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.evaluation.ScoreJson;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.shapes.model.ShapesModelFolder;
import org.diffusionnft.shapes.model.ShapesSampler;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.trainer.Stop;
import org.diffusionnft.trainer.StoppedException;
import org.diffusionnft.trainer.run.TrainRun;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.FolderLock;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.Leftovers;
import org.diffusionnft.weights.io.OutputException;
import org.diffusionnft.weights.io.StrictJson;

/**
 * A pretraining run in a folder: {@code log.jsonl} and {@code state/} are written during the run;
 * the model, its score and a sheet of its pictures at the end. Only one process at a time can use
 * the folder.
 */
public final class PretrainRun implements AutoCloseable {
  private static final int LOG_INTERVAL = 10;
  private static final int SHEET_IMAGES = 48;

  private final Path folder;
  private final FolderLock lock;
  private final Device device;
  private final MmditConfig config;
  private final Pretrainer pretrainer;

  private PretrainRun(
      Path folder, FolderLock lock, Device device, MmditConfig config, Pretrainer pretrainer) {
    this.folder = folder;
    this.lock = lock;
    this.device = device;
    this.config = config;
    this.pretrainer = pretrainer;
  }

  /**
   * Starts a run in a new folder, which must be empty or not exist.
   *
   * @throws OutputException if the folder cannot be created
   * @throws IOException if another process uses it
   */
  public static PretrainRun start(
      Path folder, Device device, MmditConfig config, PretrainSettings settings)
      throws IOException {
    TrainRun.requireStartable(folder);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new OutputException(folder, InvalidFileException.reason(e), e);
    }
    return open(
        folder,
        lock -> {
          TrainRun.requireStartable(folder); // again, now that others are locked out
          Leftovers.sweep(folder);
          Pretrainer pretrainer = new Pretrainer(device, config, settings);
          PretrainRun run = new PretrainRun(folder, lock, device, config, pretrainer);
          Path state = Files.createDirectories(folder.resolve("state"));
          try {
            pretrainer.save(stateFile(folder)); // the run can be resumed from now on
          } catch (IOException e) {
            Files.deleteIfExists(state); // empty again, for a new start
            throw e;
          }
          return run;
        });
  }

  @FunctionalInterface
  private interface Opener {
    PretrainRun open(FolderLock lock) throws IOException;
  }

  private static PretrainRun open(Path folder, Opener opener) throws IOException {
    try (Opening opening = new Opening()) {
      return opening.done(opener.open(opening.add(FolderLock.take(folder))));
    }
  }

  /**
   * Resumes the run in a folder from its last checkpoint.
   *
   * @throws InvalidFileException if there is none, or another process uses the folder
   */
  public static PretrainRun resume(Path folder, Device device, MmditConfig config)
      throws IOException {
    settings(folder);
    return open(
        folder,
        lock -> {
          Leftovers.sweep(folder);
          Leftovers.sweep(folder.resolve("state"));
          Pretrainer pretrainer = Pretrainer.resume(device, config, stateFile(folder));
          return new PretrainRun(folder, lock, device, config, pretrainer);
        });
  }

  /**
   * The recipe of the run in a folder.
   *
   * @throws InvalidFileException if there is none
   */
  public static PretrainSettings settings(Path folder) throws InvalidFileException {
    if (Files.notExists(stateFile(folder))) {
      throw new InvalidFileException(
          folder, "has no saved state of pretraining: start there without --resume");
    }
    return PretrainState.settings(stateFile(folder));
  }

  private static Path stateFile(Path folder) {
    return folder.resolve("state").resolve("state.safetensors");
  }

  /** The recipe. */
  public PretrainSettings settings() {
    return pretrainer.settings();
  }

  /** Steps done. */
  public long step() {
    return pretrainer.step();
  }

  /** {@link #train(int, PretrainListener, Stop)} to the end. */
  public void train(int interval, PretrainListener listener)
      throws IOException, InterruptedException {
    train(interval, listener, Stop.NEVER);
  }

  /**
   * Trains to the end, with a checkpoint every {@code interval} steps, and writes the model.
   *
   * @param stop is checked after each step
   * @throws StoppedException if a stop is requested; the state is saved
   * @throws IOException if something cannot be written
   */
  public void train(int interval, PretrainListener listener, Stop stop)
      throws IOException, InterruptedException {
    try (PretrainLog log =
        new PretrainLog(folder.resolve("log.jsonl"), step(), LOG_INTERVAL, listener)) {
      while (step() < settings().steps()) {
        pretrainer.runTo(
            (step() / interval + 1L) * interval,
            step -> {
              add(log, step);
              listener.stepDone(step);
            },
            stop);
        pretrainer.save(stateFile(folder));
        if (step() < settings().steps()) {
          stop.check();
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    ShapesModelFolder.write(folder, config, pretrainer.averages());
  }

  private static void add(PretrainLog log, PretrainListener.Step step) {
    try {
      log.add(step);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The finished model's results on the held-out prompts, without and with guidance. */
  public record Scores(HeldOut.Outcome plain, HeldOut.Outcome guided) {}

  /**
   * Evaluates the saved model, and writes {@code score.json} and {@code samples.png}.
   *
   * @param done called with the number of pictures done so far, out of twice the number of prompts
   * @throws IOException if something cannot be written
   */
  public Scores evaluate(HeldOut heldOut, IntConsumer done) throws IOException {
    try (Mmdit model = ShapesModel.load(folder, device)) {
      ShapesSampler sampler = ShapesModel.sampler(model);
      HeldOut.Outcome plain = heldOut.evaluate(sampler, done);
      int count = heldOut.prompts().size();
      HeldOut.Outcome guided =
          heldOut.evaluate(sampler.guided(ShapesModel.GUIDANCE), n -> done.accept(count + n));
      ObjectNode json = StrictJson.object();
      json.set("plain", ScoreJson.of(plain.scores()));
      json.set("guided", ScoreJson.of(guided.scores()));
      json.put("guidance_scale", ShapesModel.GUIDANCE);
      json.put("prompts", count);
      StrictJson.write(folder.resolve("score.json"), json);
      writeSheet(heldOut.captions(), plain.images());
      return new Scores(plain, guided);
    }
  }

  private void writeSheet(List<String> captions, List<float[]> images) throws IOException {
    int count = Math.min(SHEET_IMAGES, images.size());
    BufferedImage sheet =
        ShapesPictures.sheet(12, 4, images.subList(0, count), captions.subList(0, count));
    AtomicFile.write(folder.resolve("samples.png"), Png.encode(sheet));
  }

  @Override
  public void close() {
    pretrainer.close();
    lock.close();
  }
}
