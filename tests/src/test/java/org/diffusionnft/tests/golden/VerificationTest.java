package org.diffusionnft.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.verify.Check;
import org.diffusionnft.verify.Verification;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A verification that could not fail would certify nothing. */
@Tag("slow")
class VerificationTest {
  private final Device device = new ReferenceDevice();
  @TempDir Path folder;

  @AfterEach
  void close() {
    device.close();
  }

  /** Adding twice the tolerance to one element of one output is noticed, and nothing else is. */
  @ParameterizedTest
  @CsvSource({
    "ops, sdpa.grad.k, 1.1e-5",
    "lora, merged.transformer_blocks.0.attn.to_q.weight, 1e-4",
    "mmdit_sd3_noqk, grad.transformer_blocks.1.attn.to_v.weight, 1e-5",
    "nft_loss, v03.weight_factor, 1e-5",
    "awm_loss, v13.grad.prediction, 1e-6",
    "crd_loss, v08.r_theta_local, 1e-5",
    "crd_loss, decay.0, 1e-15",
    "grpo_guard_loss, v05.ratio, 1e-5",
    "cps_step, cps_gmm_10.replay.log_prob, 1e-5",
    "adamw, exp_avg.W, 1e-3",
    "ema, interval8.p0, 1e-4",
    "scheduler, shift3.0.steps10.sigmas, 2e-7",
    "scheduler, shift3.0.steps10.sampler_timesteps_long, 1",
    "stat_tracker, t0.global_std_true.advantages, 1e-10",
    "return_decay, type1, 1e-15",
    "dtype_conversion, f32_to_bf16_bits, 1",
    "solver, dpm2_det_gmm_10.latents, 1e-4",
    "text_encoders, t5.long.last_hidden_state, 5e-5",
    "vae, encode.grad.image, 2e-4",
    "clip_score, pickscore, 1e-5",
    "clip_score, resized_uint8.2, 1",
    "image_reward, reward, 1e-4",
    "image_reward, inference_rank.rank, 1",
    "pp_ocr, image0.db.boxes_sorted, 1",
    "pp_ocr, image1.batch0.rec.prob, 1.5e-4",
    "mask2former, image1.crop.0, 1",
    "mask2former, image0.det.box, 1",
    "mask2former, image1.resized_uint8, 1",
    "mask2former, odd.mask_features, 5e-5",
  })
  void noticesAChangedOutput(String name, String output, double change) throws IOException {
    Path copy = copy(name);
    rewrite(
        copy.resolve("expected.safetensors"),
        tensors -> tensors.put(output, nudged(tensors.get(output), change)));
    Files.deleteIfExists(copy.resolve("expected_f64.safetensors"));
    Verification done = Verification.run(copy, device, check -> {});
    assertEquals(
        List.of(output),
        done.checks().stream()
            .filter(c -> !c.passed())
            .map(Check::output)
            .filter(o -> !o.startsWith("single file"))
            .toList());
  }

  @Test
  void noticesAnOutputThatNothingComputes() throws IOException {
    Path copy = copy("ema");
    rewrite(
        copy.resolve("expected.safetensors"),
        tensors -> tensors.put("surplus", Tensor.of(device, new float[] {1}, 1)));
    Verification done = Verification.run(copy, device, check -> {});
    assertEquals("surplus", done.worst().output());
    assertEquals("nothing here computes it", done.worst().problem());
  }

  @Test
  void noticesAnotherShape() throws IOException {
    Path copy = copy("ops");
    rewrite(
        copy.resolve("expected.safetensors"),
        tensors -> tensors.put("abs.out", Tensor.of(device, new float[] {1}, 1)));
    Verification done = Verification.run(copy, device, check -> {});
    assertEquals("abs.out", done.worst().output());
    assertTrue(done.worst().problem().startsWith("shape [93]"), done.worst().problem());
  }

  @Test
  void anOperationThatDoesNotTakeItsInputsFailsAlone() throws IOException {
    Path copy = copy("ops");
    rewrite(
        copy.resolve("inputs.safetensors"),
        tensors -> tensors.put("matmul.x", Tensor.of(device, new float[7], 7, 1)));
    Verification done = Verification.run(copy, device, check -> {});
    List<Check> failed = done.checks().stream().filter(c -> !c.passed()).toList();
    assertTrue(failed.toString().contains("shapes [7, 1] and [33, 13] do not multiply"));
    assertTrue(failed.stream().allMatch(c -> c.output().matches("matmul(\\..*)?")));
    assertTrue(done.checks().size() > 200, done.checks().size() + " checks");
  }

  @ParameterizedTest
  @CsvSource({
    "ops",
    "scheduler",
    "stat_tracker",
    "ema",
    "return_decay",
    "solver",
    "awm_loss",
    "crd_loss",
    "grpo_guard_loss",
    "cps_step",
    "image_reward",
    "mask2former",
    "lora",
    "adamw_b"
  })
  void renamedCasesAreRecognisedByTheirContents(String name) throws IOException {
    Path copy = copy(name);
    Path config = copy.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replaceFirst("\"case\": \"[^\"]*\"", "\"case\": \"mmdit_other\""));
    Verification done = Verification.run(copy, device, check -> {});
    assertEquals(name.replace("_b", ""), done.kind());
    assertTrue(done.passed());
  }

  @Test
  void foldersThatAreNoCase() throws IOException {
    assertInvalid(folder.resolve("absent"), "no such case folder");
    assertInvalid(folder, "config.json: no such file");
    Path copy = copy("ema");
    Files.writeString(copy.resolve("config.json"), "{\"case\": \"poetry\"}");
    assertInvalid(copy, "case 'poetry' is of no known kind: dtype_conversion, ops,");
    Files.delete(copy.resolve("expected.safetensors"));
    assertInvalid(copy, "expected.safetensors: no such file");
  }

  @Test
  void configurationsThatLackAKey() throws IOException {
    Path copy = copy("adamw");
    Path config = copy.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"wd\"", "\"weight_decay\""));
    assertInvalid(copy, "has no 'hyper.wd'");
  }

  @Test
  void anEmptyPicture() throws IOException {
    Path copy = copy("pp_ocr");
    rewrite(
        copy.resolve("inputs.safetensors"),
        tensors -> tensors.put("image0.uint8", device.allocate(DType.U8, Shape.of(0, 0, 3))));
    assertInvalid(copy, "has a picture 'image0.uint8' of shape [0, 0, 3]");
  }

  private void assertInvalid(Path path, String message) {
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> Verification.run(path, device, check -> {}));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  private Path copy(String name) throws IOException {
    Path from = GoldenCasesTest.golden().resolve(name);
    Path to = folder.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
    return to;
  }

  private interface Change {
    void apply(Map<String, Tensor> tensors);
  }

  private void rewrite(Path path, Change change) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (String name : file.names()) {
        tensors.put(name, file.tensor(name, device));
      }
      change.apply(tensors);
      SafetensorsWriter.write(path, tensors, file.metadata());
    }
  }

  /** A copy whose last element is larger by {@code change}. */
  private Tensor nudged(Tensor original, double change) {
    Tensor copy = Elementwise.copy(original);
    Tensor last = copy.reshape(-1).narrow(copy.elements() - 1, 1);
    double value = last.item() + change;
    if (original.dtype().isFloating() || original.dtype() == DType.I64) {
      device.elementwise().fill(last, value);
    } else {
      last.segment().set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) value);
    }
    return copy;
  }
}
