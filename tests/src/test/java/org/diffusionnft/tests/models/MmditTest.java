package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.Layout;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the golden cases do not show of the transformer. */
@Tag("slow")
class MmditTest {
  private final Device device = new ReferenceDevice();
  private final MmditConfig config = TinyMmdit.config(0);

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void memoryIsGivenBackWithoutAndWithATape() {
    Mmdit model = TinyMmdit.model(config, device, name -> name.startsWith("proj_out"));
    Variable x = TinyMmdit.latents(device, 6, 8);
    Conditioning prompt = TinyMmdit.prompt(device);
    step(model, x, prompt); // the cut of the position table is kept
    long before = device.memory().liveBytes();
    try (Memory.Scope scope = device.memory().scope()) {
      Variable out = model.forward(x, TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE);
      assertEquals(before + 4 * out.shape().elements(), device.memory().liveBytes(), 64);
    }
    step(model, x, prompt);
    assertEquals(before, device.memory().liveBytes());
    model.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void checkpointingGivesTheSameGradients(int dualLayer) {
    MmditConfig dual = TinyMmdit.config(dualLayer);
    Mmdit model = TinyMmdit.model(dual, device, name -> true);
    Variable x = TinyMmdit.latents(device, 4, 6);
    Conditioning prompt = TinyMmdit.prompt(device);
    List<Gradients> both = new ArrayList<>();
    for (boolean checkpointing : new boolean[] {false, true}) {
      Gradients gradients = new Gradients(model.parameters().values());
      Tape tape = new Tape();
      ForwardPass pass = ForwardPass.BASE.checkpointing(checkpointing);
      tape.backward(
          tape.record(
              () -> {
                Variable out = model.forward(x, TinyMmdit.TIMESTEPS, prompt, pass);
                return out.mul(out).mean();
              }),
          gradients);
      both.add(gradients);
    }
    model
        .parameters()
        .forEach(
            (name, p) -> {
              double[] plain = both.get(0).of(p).toDoubles();
              assertArrayEquals(plain, both.get(1).of(p).toDoubles(), 1e-7, name);
              boolean unused =
                  name.matches("transformer_blocks.2.attn.(add_q_proj|norm_added_q).*");
              assertEquals(unused, isZero(plain), name);
            });
  }

  @Test
  void aSecondAttentionInTheLastBlockHasAnEffect() {
    double[] with = output(TinyMmdit.config(2), 4, 4);
    double[] without = output(TinyMmdit.config(), 4, 4);
    assertTrue(distance(with, without) > 1e-4);
  }

  @Test
  void entriesOfABatchDoNotMeet() {
    Mmdit model = TinyMmdit.model(config, device, name -> false);
    Variable x = TinyMmdit.latents(device, 4, 6);
    Conditioning prompt = TinyMmdit.prompt(device);
    Tensor both = model.forward(x, TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE).value();
    for (int b = 0; b < TinyMmdit.BATCH; b++) {
      Tensor alone =
          model
              .forward(
                  Variable.constant(x.value().narrow(b, 1)),
                  new float[] {TinyMmdit.TIMESTEPS[b]},
                  Conditioning.of(
                      prompt.text().value().narrow(b, 1), prompt.pooled().value().narrow(b, 1)),
                  ForwardPass.BASE)
              .value();
      assertArrayEquals(both.narrow(b, 1).toDoubles(), alone.toDoubles(), 1e-6);
    }
  }

  @Test
  void aRowAndAColumnTooManyAreDropped() {
    Mmdit model = TinyMmdit.model(config, device, name -> false);
    Conditioning prompt = TinyMmdit.prompt(device);
    Tensor odd = TinyMmdit.latents(device, 5, 7).value();
    Tensor even = Layout.slice(Layout.slice(odd, 2, 0, 4, 1), 3, 0, 6, 1);
    Tensor fromOdd = forward(model, odd, prompt);
    assertEquals(Shape.of(TinyMmdit.BATCH, 3, 4, 6), fromOdd.shape());
    assertArrayEquals(forward(model, even, prompt).toDoubles(), fromOdd.toDoubles());
  }

  @Test
  void halfPrecisionWeightsAreUsedAsTheyAre() {
    WeightSource init = new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH);
    WeightSource half = converting(init, DType.BF16);
    Mmdit model = Mmdit.load(config, half);
    assertTrue(model.parameters().values().stream().allMatch(p -> p.value().dtype() == DType.BF16));
    Mmdit widened = Mmdit.load(config, converting(half, DType.F32));
    Tensor x = TinyMmdit.latents(device, 4, 4).value();
    Conditioning prompt = TinyMmdit.prompt(device);
    assertArrayEquals(
        forward(widened, x, prompt).toDoubles(), forward(model, x, prompt).toDoubles(), 1e-6);
  }

  @Test
  void missingAndUnknownTensorsAreListed() {
    WeightSource init = new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH);
    Set<String> names = new TreeSet<>(init.names());
    names.remove("proj_out.bias");
    names.add("proj_out.bios");
    WeightSource broken =
        new WeightSource() {
          @Override
          public Tensor get(String name, Shape expected) {
            return init.get(name, expected);
          }

          @Override
          public Set<String> names() {
            return names;
          }
        };
    String message =
        assertThrows(IllegalArgumentException.class, () -> Mmdit.load(config, broken)).getMessage();
    assertTrue(message.contains("1 missing: proj_out.bias"), message);
    assertTrue(message.contains("1 unknown: proj_out.bios"), message);
  }

  @Test
  void wrongInputsAreTold() {
    Mmdit model = TinyMmdit.model(config, device, name -> false);
    Conditioning prompt = TinyMmdit.prompt(device);
    assertTold("larger than pos_embed_max_size 5", model, TinyMmdit.latents(device, 12, 4), prompt);
    assertTold("latents of shape", model, TinyMmdit.latents(device, 1, 4), prompt);
    Conditioning swapped = new Conditioning(prompt.pooled(), prompt.text());
    assertTold("text embeddings of shape [2, 7]", model, TinyMmdit.latents(device, 4, 4), swapped);
  }

  @Test
  void configurationsThatCannotBeAreTold() {
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> TinyMmdit.config(3))
            .getMessage()
            .contains("dual_attention_layers"));
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new MmditConfig(8, 2, 3, 3, 6, 2, 10, 13, 7, 3, 5, List.of(), config.qkNorm()))
            .getMessage()
            .contains("caption_projection_dim is 13 but must be"));
  }

  @Test
  void blocksThatStartAsTheIdentityGiveZero() {
    MmditInit init = new MmditInit(config, device, 1, MmditInit.Scheme.ADALN_ZERO);
    Mmdit model = Mmdit.load(config, init);
    Tensor x = TinyMmdit.latents(device, 4, 4).value();
    assertTrue(isZero(forward(model, x, TinyMmdit.prompt(device)).toDoubles()));
    double[] weight = model.parameters().get("context_embedder.weight").value().toDoubles();
    double bound = Math.sqrt(6.0 / (10 + 12));
    double largest = 0;
    for (double w : weight) {
      largest = Math.max(largest, Math.abs(w));
    }
    assertTrue(largest <= bound && largest > 0.9 * bound);
  }

  @Test
  void initialValuesDependOnSeedAndNameAlone() {
    MmditConfig larger = TinyMmdit.config(0, 1, 2);
    MmditInit.Scheme scheme = MmditInit.Scheme.PYTORCH;
    WeightSource one = new MmditInit(config, device, 7, scheme);
    WeightSource two = new MmditInit(larger, device, 7, scheme);
    WeightSource other = new MmditInit(config, device, 8, scheme);
    String name = "transformer_blocks.2.attn.to_q.weight";
    Shape shape = MmditLayout.parameters(config).get(name);
    double[] values = one.get(name, shape).toDoubles();
    assertArrayEquals(values, two.get(name, shape).toDoubles());
    assertFalse(Arrays.equals(values, other.get(name, shape).toDoubles()));
  }

  private void step(Mmdit model, Variable x, Conditioning prompt) {
    try (Memory.Scope scope = device.memory().scope();
        Gradients gradients = new Gradients()) {
      Tape tape = new Tape();
      Variable loss =
          tape.record(() -> model.forward(x, TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE).mean());
      tape.backward(loss, gradients);
      assertEquals(2, gradients.leaves().size());
    }
  }

  private double[] output(MmditConfig of, int height, int width) {
    Mmdit model = TinyMmdit.model(of, device, name -> false);
    return forward(
            model, TinyMmdit.latents(device, height, width).value(), TinyMmdit.prompt(device))
        .toDoubles();
  }

  private static Tensor forward(Mmdit model, Tensor x, Conditioning prompt) {
    return model
        .forward(Variable.constant(x), TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE)
        .value();
  }

  private static void assertTold(String what, Mmdit model, Variable x, Conditioning prompt) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> model.forward(x, TinyMmdit.TIMESTEPS, prompt, ForwardPass.BASE))
            .getMessage();
    assertTrue(message.contains(what), message);
  }

  private static WeightSource converting(WeightSource from, DType dtype) {
    return new WeightSource() {
      @Override
      public Tensor get(String name, Shape expected) {
        return Elementwise.convert(from.get(name, expected), dtype);
      }

      @Override
      public Set<String> names() {
        return from.names();
      }
    };
  }

  private static boolean isZero(double[] values) {
    for (double v : values) {
      if (v != 0) {
        return false;
      }
    }
    return true;
  }

  private static double distance(double[] a, double[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }
}
