package org.diffusionnft.tests.checkpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.models.sampling.SkipLayerGuidance;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.pipeline.PictureListener;
import org.diffusionnft.pipeline.PictureModel;
import org.diffusionnft.pipeline.PictureRequest;
import org.diffusionnft.pipeline.PictureSampler;
import org.diffusionnft.pipeline.checkpoint.Conversion;
import org.diffusionnft.pipeline.checkpoint.Conversion.Layout;
import org.diffusionnft.pipeline.checkpoint.SyntheticModel;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.DeviceOptions;
import org.diffusionnft.tensor.Devices;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.tensor.Precision;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.peft.DiffusersLora;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.safetensors.TensorEntry;
import org.diffusionnft.weights.singlefile.SingleFile.Part;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole model of Stable Diffusion 3's kind on disk: written, read, changed, made use of. */
@Tag("slow")
class ModelOnDiskTest {
  private static final List<String> FILES =
      List.of(
          "transformer/diffusion_pytorch_model.safetensors",
          "vae/diffusion_pytorch_model.safetensors",
          "text_encoder/model.safetensors",
          "text_encoder_2/model.safetensors",
          "text_encoder_3/model.safetensors");
  private static final PictureRequest REQUEST =
      PictureRequest.of("a cat")
          .withNegative("a dog")
          .withWidth(64)
          .withHeight(48)
          .withSteps(3)
          .withGuidance(3)
          .withSkipping(new SkipLayerGuidance(Set.of(1), 2, 0, 1))
          .withSeed(5);

  @TempDir private static Path shared;
  private static Path model;
  private static Device device;
  @TempDir private Path folder;

  @BeforeAll
  static void writeModel() throws IOException {
    device = Devices.open("vector", DeviceOptions.defaults());
    model = shared.resolve("model");
    SyntheticModel.tiny().write(model, 7, true, device);
  }

  @AfterAll
  static void close() {
    device.close();
  }

  @Test
  void bothLayoutsHoldTheSameBytes() throws IOException {
    Path single = folder.resolve("single.safetensors");
    convert(model, null, single, Layout.SINGLE, null);
    Path back = folder.resolve("back");
    convert(single, model, back, Layout.DIFFUSERS, null);
    for (String file : FILES) {
      assertEquals(-1, Files.mismatch(model.resolve(file), back.resolve(file)), file);
    }
    try (SafetensorsFile file = SafetensorsFile.open(single)) {
      assertTrue(
          file.names().contains("model.diffusion_model.joint_blocks.1.x_block.attn2.qkv.weight"));
      assertTrue(file.names().contains("first_stage_model.decoder.up.3.upsample.conv.weight"));
      assertTrue(file.names().contains("text_encoders.t5xxl.transformer.shared.weight"));
    }
  }

  @Test
  void wideningAndNarrowingGivesTheSameBytes() throws IOException {
    Path wide = folder.resolve("wide");
    convert(model, null, wide, Layout.DIFFUSERS, DType.F32);
    Path narrow = folder.resolve("narrow");
    convert(wide, null, narrow, Layout.DIFFUSERS, DType.BF16);
    assertEquals(DType.F32, dtype(wide.resolve(FILES.getFirst())));
    for (String file : FILES) {
      assertEquals(-1, Files.mismatch(model.resolve(file), narrow.resolve(file)), file);
    }
  }

  @Test
  void bothLayoutsMakeTheSamePictures() throws IOException {
    Path single = folder.resolve("single.safetensors");
    convert(model, null, single, Layout.SINGLE, null);
    byte[] fromFolder = pixels(pictures(model, null, REQUEST, null, null).getFirst());
    byte[] fromFile = pixels(pictures(single, model, REQUEST, null, null).getFirst());
    assertArrayEquals(fromFolder, fromFile);
    assertTrue(
        new String(fromFolder, ISO_8859_1).chars().distinct().count() > 100, "a flat picture");
  }

  @Test
  void theCacheGivesTheSamePicturesWithoutTextEncoders() throws IOException {
    Path copy = folder.resolve("copy");
    convert(model, null, copy, Layout.DIFFUSERS, null);
    Path cache = folder.resolve("cache");
    byte[] first = pixels(pictures(copy, null, REQUEST, null, cache).getFirst());
    List<String> heard = new ArrayList<>();
    byte[] second = pixels(pictures(copy, null, REQUEST, null, cache, heard).getFirst());
    assertArrayEquals(first, second);
    assertFalse(heard.stream().anyMatch(s -> s.contains("embedded")), heard.toString());
    pictures(copy, null, with("another cat", 1, 1), null, cache, heard);
    assertTrue(heard.stream().anyMatch(s -> s.contains("embedded")), heard.toString());
  }

  @Test
  void aPictureDoesNotDependOnTheBatch() throws IOException {
    List<Pixels> alone = pictures(model, null, with("a cat", 3, 1), null, null);
    List<Pixels> together = pictures(model, null, with("a cat", 3, 2), null, null);
    assertEquals(3, together.size());
    for (int i = 0; i < 3; i++) {
      assertArrayEquals(pixels(alone.get(i)), pixels(together.get(i)), "picture " + i);
    }
    assertFalse(java.util.Arrays.equals(pixels(alone.get(0)), pixels(alone.get(1))));
  }

  @Test
  void whatPromptsLoseIsTold() throws IOException {
    List<String> heard = new ArrayList<>();
    pictures(model, null, with("word ".repeat(100), 1, 1), null, null, heard);
    String start = "CLIP takes 77 tokens and does not see the end, 25 more: word word";
    assertTrue(heard.stream().anyMatch(s -> s.startsWith(start)), heard.toString());
    heard.clear();
    pictures(model, null, with("word ".repeat(5000), 1, 1), null, null, heard);
    assertTrue(heard.stream().anyMatch(s -> s.contains("4925 more: word")), heard.toString());
    assertTrue(heard.stream().allMatch(s -> s.length() < 300), "a warning without bounds");
    heard.clear();
    Path without = folder.resolve("without");
    SyntheticModel.tiny().write(without, 7, false, device);
    pictures(without, null, with("a cat", 1, 1), null, null, heard);
    assertTrue(heard.getFirst().startsWith("there is no T5"), heard.toString());
    heard.clear();
    pictures(without, null, with("a cat", 1, 1), null, null, false, heard);
    assertFalse(heard.getFirst().contains("T5"), heard.toString());
  }

  @Test
  void mergingAndSubtractingGivesTheAdapterBack() throws IOException {
    Path adapter = folder.resolve("adapter");
    writeAdapter(adapter);
    Path merged = folder.resolve("merged");
    try (ModelCheckpoint opened = ModelCheckpoint.open(model, null)) {
      new Conversion(Layout.DIFFUSERS, null, adapter).run(opened, merged, device);
    }
    int adapted = 0;
    try (var scope = device.memory().scope();
        SafetensorsFile before = SafetensorsFile.open(model.resolve(FILES.getFirst()));
        SafetensorsFile after = SafetensorsFile.open(merged.resolve(FILES.getFirst()))) {
      Adapter own = PeftFolder.readOne(adapter, device).toAdapter(parameters(), false);
      for (String name : before.names()) {
        double[] base = before.tensor(name, device).toDoubles();
        double[] sum = after.tensor(name, device).toDoubles();
        String module = name.replaceFirst("\\.weight$", "");
        if (own.find(module) == null || module.equals(name)) {
          assertArrayEquals(base, sum, name);
          continue;
        }
        adapted++;
        Tensor zero = Tensor.zeros(device, DType.F32, before.shape(name));
        double[] delta = own.merged(module, zero).toDoubles();
        for (int i = 0; i < base.length; i++) {
          double rounding = Math.abs(sum[i]) * 0x1p-8 + 1e-6;
          assertEquals(delta[i], sum[i] - base[i], rounding, name);
        }
      }
      own.close();
      scope.keep(Tensor.zeros(device, DType.F32, Shape.of(1)).storage());
    }
    assertEquals(31, adapted);
    assertEquals(-1, Files.mismatch(model.resolve(FILES.get(1)), merged.resolve(FILES.get(1))));
  }

  /** What PEFT gives with the base in F32, rounded to the dtype that is written and to no other. */
  @Test
  void mergingRoundsOnce() throws IOException {
    Path adapter = folder.resolve("adapter");
    writeAdapter(adapter);
    for (DType written : List.of(DType.F32, DType.F16, DType.BF16)) {
      Path merged = folder.resolve("merged-" + written);
      try (ModelCheckpoint opened = ModelCheckpoint.open(model, null)) {
        new Conversion(Layout.DIFFUSERS, written, adapter).run(opened, merged, device);
      }
      String name = "transformer_blocks.0.attn.to_q.weight";
      try (var _ = device.memory().scope();
          SafetensorsFile before = SafetensorsFile.open(model.resolve(FILES.getFirst()));
          SafetensorsFile after = SafetensorsFile.open(merged.resolve(FILES.getFirst()));
          Adapter own = PeftFolder.readOne(adapter, device).toAdapter(parameters(), false)) {
        assertEquals(DType.BF16, before.dtype(name));
        assertEquals(written, after.dtype(name));
        Tensor sum = own.merged("transformer_blocks.0.attn.to_q", before.tensor(name, device));
        assertArrayEquals(
            Elementwise.convert(sum, written).toFloats(), after.tensor(name, device).toFloats());
      }
    }
  }

  @Test
  void numbersTooLargeForTheDtypeAreNotWritten() throws IOException {
    Path large = folder.resolve("large");
    try (ModelCheckpoint opened = ModelCheckpoint.open(model, null)) {
      new Conversion(Layout.DIFFUSERS, DType.F32, null).run(opened, large, device);
    }
    overwrite(large.resolve(FILES.getFirst()), "proj_out.weight", 70_000f);
    try (ModelCheckpoint opened = ModelCheckpoint.open(large, null)) {
      Path out = folder.resolve("half");
      assertInvalid(
          "tensor 'proj_out.weight' holds numbers too large for F16",
          () -> new Conversion(Layout.DIFFUSERS, DType.F16, null).run(opened, out, device));
      assertFalse(Files.exists(out));
      Path adapter = folder.resolve("adapter-beside-large");
      writeAdapter(adapter);
      assertInvalid(
          "tensor 'proj_out.weight' holds numbers too large for F16",
          () -> new Conversion(Layout.DIFFUSERS, DType.F16, adapter).run(opened, out, device));
      assertFalse(Files.exists(out));
    }
  }

  /** A black picture, or a file of NaN, would be all that is seen of a damaged weight. */
  @ParameterizedTest
  @CsvSource({
    "transformer/diffusion_pytorch_model.safetensors, proj_out.weight",
    "vae/diffusion_pytorch_model.safetensors, decoder.conv_in.weight",
    "text_encoder/model.safetensors, text_model.encoder.layers.0.mlp.fc1.weight",
  })
  void weightsThatAreNoNumbersAreNamed(String file, String tensor) throws IOException {
    Path damaged = folder.resolve("damaged");
    try (ModelCheckpoint opened = ModelCheckpoint.open(model, null)) {
      new Conversion(Layout.DIFFUSERS, DType.F32, null).run(opened, damaged, device);
    }
    overwrite(damaged.resolve(file), tensor, Float.NaN);
    String message = "tensor '" + tensor + "' of shape";
    assertInvalid(message, () -> pictures(damaged, null, REQUEST, null, null));
    try (ModelCheckpoint opened = ModelCheckpoint.open(damaged, null)) {
      Path out = folder.resolve("again");
      assertInvalid(
          damaged.resolve(file) + ": " + message,
          () -> new Conversion(Layout.DIFFUSERS, null, null).run(opened, out, device));
      assertFalse(Files.exists(out));
      assertInvalid(
          damaged.resolve(file) + ": " + message,
          () -> new Conversion(Layout.SINGLE, null, null).run(opened, out, device));
      assertFalse(Files.exists(out));
    }
  }

  /** Puts a number over all of an F32 tensor's. */
  private static void overwrite(Path file, String tensor, float value) throws IOException {
    long at;
    long count;
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      TensorEntry entry = opened.entry(tensor);
      count = entry.shape().elements();
      at = Files.size(file) - opened.names().stream().mapToLong(n -> size(opened, n)).sum();
      at += entry.begin();
    }
    ByteBuffer values = ByteBuffer.allocate((int) count * Float.BYTES);
    values.order(ByteOrder.LITTLE_ENDIAN);
    for (long i = 0; i < count; i++) {
      values.putFloat(value);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(values.flip(), at);
    }
  }

  private static long size(SafetensorsFile file, String name) {
    try {
      return file.bytes(name).byteSize();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void adaptersChangePicturesInBothForms() throws IOException {
    Path peft = folder.resolve("peft");
    writeAdapter(peft);
    Path file = folder.resolve(DiffusersLora.NAME);
    try (var _ = device.memory().scope()) {
      PeftAdapter read = PeftFolder.readOne(peft, device);
      DiffusersLora.write(file, read);
      PeftAdapter again = DiffusersLora.read(file, device);
      assertEquals(read.modules().keySet(), again.modules().keySet());
      read.modules()
          .forEach(
              (module, factors) -> {
                assertEquals(read.scaling(module), again.scaling(module));
                assertArrayEquals(
                    factors.b().toFloats(), again.modules().get(module).b().toFloats());
              });
    }
    byte[] without = pixels(pictures(model, null, REQUEST, null, null).getFirst());
    byte[] withPeft = pixels(pictures(model, null, REQUEST, peft, null).getFirst());
    byte[] withFile = pixels(pictures(model, null, REQUEST, file, null).getFirst());
    assertArrayEquals(withPeft, withFile);
    assertFalse(java.util.Arrays.equals(without, withPeft));
  }

  @Test
  void withoutStatedAlphaItIsTheRank() throws IOException {
    Path file = folder.resolve("old.safetensors");
    String module = "transformer.transformer_blocks.0.attn.to_q.";
    try (var _ = device.memory().scope()) {
      Tensor a = Tensor.zeros(device, DType.F32, Shape.of(4, 128));
      Tensor b = Tensor.zeros(device, DType.F32, Shape.of(128, 4));
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(module + "lora_A.weight", a);
      tensors.put(module + "lora_B.weight", b);
      SafetensorsWriter.write(file, tensors, Map.of());
      assertEquals(1, DiffusersLora.read(file, device).scaling("transformer_blocks.0.attn.to_q"));
      tensors.put(module + "alpha", Tensor.of(device, new float[] {2}, 1));
      SafetensorsWriter.write(file, tensors, Map.of());
      assertEquals(0.5, DiffusersLora.read(file, device).scaling("transformer_blocks.0.attn.to_q"));
      tensors.put("text_encoder.x.lora_A.weight", a);
      SafetensorsWriter.write(file, tensors, Map.of());
      assertInvalid("adapters of text encoders", () -> DiffusersLora.read(file, device));
    }
  }

  @Test
  void adaptersOfAnotherWidth() throws IOException {
    Path adapter = folder.resolve("adapter");
    try (var _ = device.memory().scope()) {
      Map<String, Shape> other = Map.of("transformer_blocks.0.attn.to_q.weight", Shape.of(96, 96));
      AdapterConfig config = new AdapterConfig(2, 4, List.of("attn.to_q"));
      try (Adapter made = Adapter.create(config, other, device, AdapterInit.gaussian(1))) {
        PeftFolder.write(adapter, Map.of(PeftFolder.DEFAULT, PeftAdapter.of(made)));
      }
    }
    assertInvalid("does not fit the model", () -> pictures(model, null, REQUEST, adapter, null));
    try (ModelCheckpoint opened = ModelCheckpoint.open(model, null)) {
      Path out = folder.resolve("merged");
      assertInvalid(
          "does not fit the model",
          () -> new Conversion(Layout.DIFFUSERS, null, adapter).run(opened, out, device));
      assertFalse(Files.exists(out));
    }
  }

  @Test
  void shards() throws IOException {
    Path copy = folder.resolve("copy");
    convert(model, null, copy, Layout.DIFFUSERS, null);
    Path part = copy.resolve("transformer");
    String base = "diffusion_pytorch_model";
    Path whole = part.resolve(base + ".safetensors");
    Map<String, String> files = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(whole)) {
      List<String> names = List.copyOf(file.names());
      for (int shard = 0; shard < 2; shard++) {
        String name = base + "-0000" + (shard + 1) + "-of-00002.safetensors";
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = shard; i < names.size(); i += 2) {
          tensors.put(names.get(i), file.tensor(names.get(i), device));
          files.put(names.get(i), name);
        }
        SafetensorsWriter.write(part.resolve(name), tensors, SafetensorsWriter.PYTORCH);
      }
    }
    Files.delete(whole);
    writeIndex(part, files);
    assertArrayEquals(
        pixels(pictures(model, null, REQUEST, null, null).getFirst()),
        pixels(pictures(copy, null, REQUEST, null, null).getFirst()));

    String any = files.keySet().iterator().next();
    for (String elsewhere :
        List.of("../vae/x.safetensors", "/etc/passwd", "..\\x.safetensors", "C:x.safetensors")) {
      Map<String, String> wrong = new LinkedHashMap<>(files);
      wrong.put(any, elsewhere.replace("\\", "\\\\"));
      writeIndex(part, wrong);
      assertInvalid("no file name of its own folder", () -> open(copy));
    }
    Map<String, String> surplus = new LinkedHashMap<>(files);
    surplus.put("more", files.get(any));
    writeIndex(part, surplus);
    assertInvalid("has no tensor 'more'", () -> open(copy));
    Map<String, String> less = new LinkedHashMap<>(files);
    less.remove(any);
    writeIndex(part, less);
    assertInvalid("has a tensor '" + any + "' besides", () -> open(copy));
    writeIndex(part, files);
    Files.delete(part.resolve(files.get(any)));
    assertInvalid("which is missing", () -> open(copy));
  }

  @Test
  void otherModels() throws IOException {
    Path file = folder.resolve("other.safetensors");
    try (var _ = device.memory().scope()) {
      Tensor any = Tensor.zeros(device, DType.BF16, Shape.of(2, 2));
      for (Map.Entry<String, String> e :
          Map.of(
                  "model.diffusion_model.input_blocks.0.0.weight", "Stable Diffusion 1 or 2",
                  "model.diffusion_model.double_blocks.0.img_attn.qkv.weight", "FLUX.1",
                  "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "T5",
                  "anything", "no model known here")
              .entrySet()) {
        SafetensorsWriter.write(file, Map.of(e.getKey(), any), Map.of());
        assertInvalid(e.getValue(), () -> ModelCheckpoint.open(file, null));
      }
    }
    Path copy = Files.createDirectory(folder.resolve("folder"));
    assertInvalid("has no transformer/", () -> ModelCheckpoint.open(copy, null));
    Files.createDirectory(copy.resolve("unet"));
    assertInvalid("Stable Diffusion 1, 2 or XL", () -> ModelCheckpoint.open(copy, null));
    Files.writeString(copy.resolve("model_index.json"), "{\"_class_name\": \"FluxPipeline\"}");
    assertInvalid("is of a 'FluxPipeline'", () -> ModelCheckpoint.open(copy, null));
  }

  @Test
  void leftOverTensorsAndMissingParts() throws IOException {
    Path single = folder.resolve("single.safetensors");
    convert(model, null, single, Layout.SINGLE, null);
    try (ModelCheckpoint opened = ModelCheckpoint.open(single, null)) {
      assertInvalid("holds no tokenizers", opened::clipLTokenizer);
    }
    Path less = folder.resolve("less.safetensors");
    Path more = folder.resolve("more.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(single)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : file.names()) {
        if (name.startsWith(Part.TRANSFORMER.prefix())) {
          tensors.put(name, file.tensor(name, device));
        }
      }
      SafetensorsWriter.write(less, tensors, Map.of());
      Tensor any = tensors.values().iterator().next();
      tensors.put("text_encoders.clip_l.logit_scale", any);
      SafetensorsWriter.write(more, tensors, Map.of());
      ModelCheckpoint.open(more, null).close();
      tensors.put("surplus.weight", any);
      SafetensorsWriter.write(more, tensors, Map.of());
    }
    assertInvalid(
        "has tensors of no known part: 'surplus.weight'", () -> ModelCheckpoint.open(more, null));
    try (ModelCheckpoint opened = ModelCheckpoint.open(less, null)) {
      assertInvalid("does not hold the autoencoder", opened::vae);
    }
    assertArrayEquals(
        pixels(pictures(model, null, REQUEST, null, null).getFirst()),
        pixels(pictures(less, model, REQUEST, null, null).getFirst()));
  }

  @Test
  void aConfigurationOfMoreLayersThanThereAre() throws IOException {
    Path copy = folder.resolve("copy");
    convert(model, null, copy, Layout.DIFFUSERS, null);
    Path config = copy.resolve("transformer/config.json");
    String text = Files.readString(config);
    String layers = "\"num_layers\": 4";
    assertTrue(text.contains(layers), text);
    Files.writeString(config, text.replace(layers, "\"num_layers\": 9"));
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> pictures(copy, null, REQUEST, null, null))
            .getMessage();
    assertTrue(message.startsWith("" + copy.resolve("transformer")), message);
    assertTrue(message.contains("missing: transformer_blocks.3.attn.to_add_out.weight"), message);
    assertTrue(message.contains(" more"), message);
    assertTrue(message.length() < 1500, message);
  }

  private interface Action {
    void run() throws IOException;
  }

  private static void assertInvalid(String message, Action action) {
    Exception e = assertThrows(Exception.class, action::run);
    assertTrue(e instanceof IOException || e instanceof InvalidInputException, e.toString());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private static void open(Path path) throws IOException {
    try (ModelCheckpoint opened = ModelCheckpoint.open(path, null);
        TensorSource _ = opened.tensors(Part.TRANSFORMER)) {
      assertTrue(opened.has(Part.TRANSFORMER));
    }
  }

  private static void convert(Path from, Path parts, Path to, Layout layout, DType dtype)
      throws IOException {
    long live = device.memory().liveBytes();
    try (ModelCheckpoint opened = ModelCheckpoint.open(from, parts)) {
      new Conversion(layout, dtype, null).run(opened, to, device);
    }
    assertEquals(live, device.memory().liveBytes(), "memory was not returned");
  }

  private static PictureRequest with(String prompt, int count, int batch) {
    return PictureRequest.of(prompt)
        .withWidth(32)
        .withHeight(32)
        .withSteps(2)
        .withGuidance(2)
        .withSkipping(SkipLayerGuidance.NONE)
        .withSolver("dpm2")
        .withSeed(1)
        .withCount(count)
        .withBatch(batch);
  }

  private static List<Pixels> pictures(
      Path model, Path parts, PictureRequest request, Path adapter, Path cache) throws IOException {
    return pictures(model, parts, request, adapter, cache, true, new ArrayList<>());
  }

  private static List<Pixels> pictures(
      Path model, Path parts, PictureRequest request, Path adapter, Path cache, List<String> heard)
      throws IOException {
    return pictures(model, parts, request, adapter, cache, true, heard);
  }

  private static List<Pixels> pictures(
      Path model,
      Path parts,
      PictureRequest request,
      Path adapterPath,
      Path cache,
      boolean withT5,
      List<String> heard)
      throws IOException {
    long live = device.memory().liveBytes();
    PictureModel.Options options = new PictureModel.Options(parts, withT5, 16, 768, Precision.F32);
    PictureListener listener = new Listener(heard);
    try (PictureModel opened = PictureModel.open(model, options, device, cache, listener)) {
      Adapter adapter = adapterPath == null ? null : opened.adapter(adapterPath);
      try {
        return new PictureSampler(opened, adapter, listener).pictures(request);
      } finally {
        if (adapter != null) {
          adapter.close();
        }
      }
    } finally {
      assertEquals(live, device.memory().liveBytes(), "memory was not returned");
    }
  }

  private record Listener(List<String> heard) implements PictureListener {
    @Override
    public void warning(String sentence) {
      heard.add(sentence);
    }

    @Override
    public void stage(String sentence) {
      heard.add(sentence);
    }

    @Override
    public void evaluated(long done, long all) {
      assertTrue(done >= 1 && done <= all, done + " of " + all);
    }
  }

  private static byte[] pixels(Pixels picture) {
    return picture.rgb();
  }

  private static DType dtype(Path file) throws IOException {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      return opened.dtype(opened.names().iterator().next());
    }
  }

  private static Map<String, Shape> parameters() {
    return MmditLayout.parameters(SyntheticModel.tiny().transformer());
  }

  /** An adapter of all layers of the joint attention, with something in its matrices B. */
  private static void writeAdapter(Path path) throws IOException {
    AdapterConfig config = new AdapterConfig(4, 8, AdapterConfig.JOINT_ATTENTION);
    try (var _ = device.memory().scope();
        Adapter made = Adapter.create(config, parameters(), device, AdapterInit.gaussian(1))) {
      List<Tensor> values = new ArrayList<>();
      made.named()
          .forEach(
              (name, matrix) -> {
                int n = (int) matrix.value().elements();
                float[] random = new Philox(2, name.hashCode()).normals(0, n);
                for (int i = 0; i < n; i++) {
                  random[i] *= 0.2f;
                }
                values.add(Tensor.of(device, random, matrix.shape().dims()));
              });
      made.set(values);
      PeftFolder.write(path, Map.of(PeftFolder.DEFAULT, PeftAdapter.of(made)));
    }
  }

  private static void writeIndex(Path part, Map<String, String> files) throws IOException {
    StringBuilder json = new StringBuilder("{\"metadata\": {}, \"weight_map\": {");
    files.forEach((name, file) -> json.append('"' + name + "\": \"" + file + "\","));
    json.setLength(json.length() - 1);
    Files.writeString(
        part.resolve("diffusion_pytorch_model.safetensors.index.json"), json.append("}}"));
  }
}
