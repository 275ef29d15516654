package org.diffusionnft.tests.fuzz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.diffusionnft.images.Jpeg;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.images.Png;
import org.diffusionnft.models.blip.BlipLayout;
import org.diffusionnft.models.clip.ClipVisionConfig;
import org.diffusionnft.models.clip.ClipVisionLayout;
import org.diffusionnft.models.mask2former.Mask2Former;
import org.diffusionnft.models.mask2former.Mask2FormerConfig;
import org.diffusionnft.models.mask2former.Mask2FormerLayout;
import org.diffusionnft.models.solver.FlowMatchSchedule;
import org.diffusionnft.models.text.ClipTextConfig;
import org.diffusionnft.models.text.ClipTextLayout;
import org.diffusionnft.models.text.T5Config;
import org.diffusionnft.models.text.T5Layout;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.models.vae.VaeConfig;
import org.diffusionnft.models.vae.VaeLayout;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.pipeline.checkpoint.Inspection;
import org.diffusionnft.pipeline.checkpoint.SyntheticDetector;
import org.diffusionnft.pipeline.checkpoint.SyntheticModel;
import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.trainer.config.TrainConfig;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.blip.ImageRewardCheckpoint;
import org.diffusionnft.weights.checkpoint.ClipTextConfigFile;
import org.diffusionnft.weights.checkpoint.MmditConfigFile;
import org.diffusionnft.weights.checkpoint.ModelCheckpoint;
import org.diffusionnft.weights.checkpoint.SchedulerConfigFile;
import org.diffusionnft.weights.checkpoint.T5ConfigFile;
import org.diffusionnft.weights.checkpoint.VaeConfigFile;
import org.diffusionnft.weights.clip.ClipVisionConfigFile;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.JsonLines;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;
import org.diffusionnft.weights.mask2former.Mask2FormerConfigFile;
import org.diffusionnft.weights.mask2former.Mask2FormerPreprocessor;
import org.diffusionnft.weights.onnx.ElementType;
import org.diffusionnft.weights.peft.AdapterFile;
import org.diffusionnft.weights.peft.DiffusersLora;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftConfig;
import org.diffusionnft.weights.peft.PeftFolder;
import org.diffusionnft.weights.safetensors.SafetensorsFile;
import org.diffusionnft.weights.safetensors.SafetensorsWriter;
import org.diffusionnft.weights.safetensors.ShardedTensors;
import org.diffusionnft.weights.tokenizer.BertVocabulary;
import org.diffusionnft.weights.tokenizer.TokenizerFolder;
import org.diffusionnft.weights.torch.TensorFiles;

/** Every parser of files that others may have written. */
final class Parsers {
  private static final Device DEVICE = new ReferenceDevice();
  private static final Parser.Repair NONE = (_, bytes) -> bytes;

  private static final List<String> JSON_WORDS =
      List.of("\"dtype\"", "\"shape\"", "\"data_offsets\"", ":", ",", "{", "}", "[", "]", "\"a\":");

  private Parsers() {}

  static List<Parser> all() {
    try {
      return List.of(
          safetensors(),
          index(),
          peft(),
          lora(),
          torch(),
          tokenizer("tokenizer of two files", TokenizerFiles.bytePairs()),
          tokenizer("tokenizer.json of CLIP", TokenizerFiles.clipJson()),
          tokenizer("tokenizer.json of T5", TokenizerFiles.t5Json()),
          tokenizer("SentencePiece model", TokenizerFiles.sentencePiece()),
          scheduler(),
          configurations(),
          singleFile(),
          imageReward(),
          mask2Former(),
          settings(),
          journal(),
          onnx(),
          pictures());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Parser safetensors() throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("a.weight", Tensor.of(DEVICE, new float[6], 3, 2));
    tensors.put("b", Tensor.full(DEVICE, DType.BF16, Shape.of(), 1));
    tensors.put("c", Tensor.full(DEVICE, DType.I16, Shape.of(5), 1));
    byte[] types =
        header(
            "{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]},"
                + "\"y\":{\"dtype\":\"F4\",\"shape\":[2,4],\"data_offsets\":[4,8]},"
                + "\"z\":{\"dtype\":\"F8_E5M2\",\"shape\":[0,3],\"data_offsets\":[8,8]},"
                + "\"__metadata__\":{\"format\":\"pt\"}}",
            8);
    return new Parser(
        "safetensors",
        List.of(
            written(f -> SafetensorsWriter.write(f.resolve("t"), tensors, Map.of("k", "v"))),
            Map.of("t", types)),
        List.of("\"F64\"", "\"F8_E5M2\"", "\"U64\"", "\"F6_E2M3\"", "\"Q\"", "__metadata__"),
        (_, bytes) -> withHeaderLength(bytes),
        folder -> {
          try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("t"))) {
            readAll(file);
          }
          Inspection.of(folder.resolve("t"), DEVICE, true);
        });
  }

  private static Parser index() throws IOException {
    String index =
        "{\"metadata\":{\"total_size\":8},\"weight_map\":"
            + "{\"a\":\"model-1-of-2.safetensors\",\"b\":\"model-2-of-2.safetensors\"}}";
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("model.safetensors.index.json", utf8(index));
    files.putAll(
        written(
            f -> {
              Tensor tensor = Tensor.of(DEVICE, new float[1], 1);
              SafetensorsWriter.write(
                  f.resolve("model-1-of-2.safetensors"), Map.of("a", tensor), Map.of());
              SafetensorsWriter.write(
                  f.resolve("model-2-of-2.safetensors"), Map.of("b", tensor), Map.of());
            }));
    return new Parser(
        "index of safetensors",
        List.of(files),
        JSON_WORDS,
        (name, bytes) -> name.endsWith(".json") ? bytes : withHeaderLength(bytes),
        folder -> {
          try (TensorSource tensors = ShardedTensors.open(folder, "model")) {
            readAll(tensors);
          }
        });
  }

  private static Parser peft() throws IOException {
    PeftConfig config =
        new PeftConfig(
            2, 4, false, 0, List.of("to_q"), null, Map.of("to_q", 2), Map.of("b.*0", 3.0), null);
    return new Parser(
        "PEFT folder",
        List.of(written(f -> PeftFolder.fill(f, Map.of("default", adapter(config))))),
        List.of("\"eva\"", "\"pissa\"", "(a|b)*", "\"rank_pattern\": {\"a\": 1}", ".lora_A.weight"),
        (name, bytes) -> name.endsWith(".safetensors") ? withHeaderLength(bytes) : bytes,
        folder -> {
          try (Memory.Scope _ = DEVICE.memory().scope()) {
            AdapterFile.read(folder, DEVICE);
            Inspection.of(folder, DEVICE, true);
          }
        });
  }

  private static Parser lora() throws IOException {
    Map<String, Tensor> alphas = new LinkedHashMap<>();
    alphas.put("transformer.m.to_q.lora_A.weight", Tensor.of(DEVICE, new float[] {1, 2}, 1, 2));
    alphas.put("transformer.m.to_q.lora_B.weight", Tensor.of(DEVICE, new float[] {1, 2}, 2, 1));
    alphas.put("transformer.m.to_q.alpha", Tensor.of(DEVICE, new float[] {2}, 1));
    PeftConfig config = PeftConfig.of(2, 4, List.of("to_q"));
    return new Parser(
        "LoRA file",
        List.of(
            written(f -> DiffusersLora.write(f.resolve(DiffusersLora.NAME), adapter(config))),
            written(f -> SafetensorsWriter.write(f.resolve(DiffusersLora.NAME), alphas, Map.of()))),
        List.of(
            "lora_down.weight",
            "lora_unet_",
            "lora_magnitude_vector",
            "transformer.",
            ".alpha",
            "\\\"transformer.r\\\": 8",
            "\"I8\""),
        (_, bytes) -> withHeaderLength(bytes),
        folder -> {
          try (Memory.Scope _ = DEVICE.memory().scope()) {
            AdapterFile.read(folder.resolve(DiffusersLora.NAME), DEVICE);
            Inspection.of(folder, DEVICE, true);
          }
        });
  }

  private static PeftAdapter adapter(PeftConfig config) {
    LoraFactors factors =
        new LoraFactors(
            Tensor.of(DEVICE, new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
            Tensor.of(DEVICE, new float[] {1, 2, 3, 4}, 2, 2));
    return new PeftAdapter(config, Map.of("blocks.0.to_q", factors, "blocks.1.to_q", factors));
  }

  private static Parser torch() {
    return new Parser(
        "PyTorch archive",
        List.of(Map.of("f.pt", TorchArchive.of(false)), Map.of("f.pt", TorchArchive.of(true))),
        List.of(
            "h\u0000",
            "q\u0000",
            "K\u0001",
            "(",
            ")",
            "t",
            "}",
            "]",
            "R",
            "Q",
            "u",
            "s",
            "a",
            "e",
            "ctorch\nLongStorage\n",
            "state_dict",
            "ctorch._utils\n_rebuild_parameter\n"),
        (_, bytes) -> TorchArchive.repaired(bytes),
        folder -> {
          try (TensorSource tensors = TensorFiles.open(folder.resolve("f.pt"))) {
            readAll(tensors);
          }
        });
  }

  private static Parser tokenizer(String name, Map<String, byte[]> files) {
    return new Parser(
        name,
        List.of(files),
        List.of(
            "{\"type\":\"NFC\"}",
            "{\"type\":\"Sequence\",\"normalizers\":[",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}",
            "\"lstrip\":true,",
            "\"single_word\":true,",
            "\"extra_ids\":",
            "{\"content\":\"a\"}",
            "a b\n"),
        NONE,
        folder -> {
          Tokenizer tokenizer = TokenizerFolder.open(folder);
          tokenizer.largestId();
          for (String text :
              List.of("", "a ab  b!", "A\u0301\ud83d\ude00 \ufdfa</s>", "ab".repeat(99))) {
            tokenizer.decode(tokenizer.encode(text, 12).ids());
          }
        });
  }

  private static Parser scheduler() {
    String json =
        "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"base_shift\": 0.5,"
            + " \"invert_sigmas\": false, \"num_train_timesteps\": 1000, \"shift\": 3.0,"
            + " \"shift_terminal\": null, \"use_karras_sigmas\": true,"
            + " \"use_dynamic_shifting\": false}";
    String name = "scheduler_config.json";
    return new Parser(
        "scheduler",
        List.of(
            Map.of(name, utf8(json)),
            Map.of(name, utf8(json.replace("karras", "beta"))),
            Map.of(name, utf8(json.replace("karras", "exponential")))),
        JSON_WORDS,
        NONE,
        folder -> {
          FlowMatchSchedule.Config config = SchedulerConfigFile.read(folder.resolve(name));
          for (int steps : new int[] {1, 2, 28}) {
            for (float sigma : config.steps(steps).sigmas()) {
              if (!(sigma >= 0 && sigma <= 1.0001f)) {
                throw new IllegalStateException("level " + sigma);
              }
            }
          }
        });
  }

  private static Parser configurations() {
    SyntheticModel tiny = SyntheticModel.tiny();
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("mmdit.json", utf8(MmditConfigFile.toJson(tiny.transformer()).toString()));
    files.put("vae.json", utf8(VaeConfigFile.toJson(tiny.vae()).toString()));
    files.put("clip.json", utf8(ClipTextConfigFile.toJson(tiny.clipL()).toString()));
    files.put("t5.json", utf8(T5ConfigFile.toJson(tiny.t5()).toString()));
    files.put(
        "vision.json",
        utf8(
            "{\"hidden_size\":64,\"intermediate_size\":128,\"num_hidden_layers\":2,"
                + "\"num_attention_heads\":1,\"image_size\":28,\"patch_size\":14,"
                + "\"projection_dim\":64,\"hidden_act\":\"gelu\",\"torch_dtype\":\"float32\"}"));
    return new Parser(
        "model configurations",
        List.of(files),
        JSON_WORDS,
        NONE,
        folder -> {
          MmditConfig mmdit = MmditConfigFile.read(folder.resolve("mmdit.json"));
          MmditLayout.parameters(mmdit);
          MmditLayout.positionEmbedding(mmdit);
          VaeConfig vae = VaeConfigFile.read(folder.resolve("vae.json"));
          VaeLayout.parameters(vae);
          ClipTextConfig clip = ClipTextConfigFile.read(folder.resolve("clip.json"));
          ClipTextLayout.parameters(clip);
          T5Config t5 = T5ConfigFile.read(folder.resolve("t5.json"));
          T5Layout.parameters(t5);
          Path file = folder.resolve("vision.json");
          ObjectNode json = StrictJson.readObject(file);
          ClipVisionConfig vision = ClipVisionConfigFile.parse(file, json);
          ClipVisionLayout.parameters(vision);
        });
  }

  /** Both kinds of settings, and files under both kinds of names. */
  private static Parser mask2Former() throws IOException {
    Mask2FormerConfig tiny = SyntheticDetector.swinSmall().inMiniature().config();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Mask2FormerLayout.parameters(tiny)
        .forEach((name, shape) -> tensors.put(name, Tensor.zeros(DEVICE, DType.BF16, shape)));
    Map<String, Tensor> mmdet = new LinkedHashMap<>();
    for (String name :
        List.of(
            "backbone.patch_embed.projection.weight",
            "backbone.stages.0.blocks.0.attn.w_msa.qkv.weight",
            "backbone.stages.0.downsample.norm.weight",
            "backbone.norm0.weight",
            "panoptic_head.query_feat.weight",
            "panoptic_head.pixel_decoder.level_encoding.weight")) {
      mmdet.put(name, Tensor.zeros(DEVICE, DType.F32, Shape.of(12, 4)));
    }
    Map<String, byte[]> files =
        new LinkedHashMap<>(
            written(
                folder -> {
                  SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
                  SafetensorsWriter.write(folder.resolve("mmdet"), mmdet, Map.of());
                }));
    files.put("config.json", utf8(Mask2FormerConfigFile.toJson(tiny).toString()));
    files.put(
        "preprocessor_config.json", utf8(Mask2FormerPreprocessor.PUBLISHED.toJson().toString()));
    return new Parser(
        "Mask2Former",
        List.of(files),
        JSON_WORDS,
        NONE,
        folder -> {
          try (TensorSource file = SafetensorsFile.open(folder.resolve("mmdet"))) {
            TensorSource named = Mask2FormerCheckpoint.named(file);
            for (String name : named.names()) {
              named.shape(name);
              named.tensor(name, DEVICE);
            }
          }
          try (TensorSource file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
            Mask2FormerConfigFile.infer(file);
          }
          try (Mask2FormerCheckpoint checkpoint = Mask2FormerCheckpoint.open(folder);
              Mask2Former model = checkpoint.load(DEVICE)) {
            Mask2FormerLayout.parameters(model.config());
          }
        });
  }

  /** A vocabulary, and a file with only the tensors that the configuration is inferred from. */
  private static Parser imageReward() throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    String vision = "blip.visual_encoder.";
    shapes.put(vision + "patch_embed.proj.weight", Shape.of(8, 3, 2, 2));
    shapes.put(vision + "pos_embed", Shape.of(1, 5, 8));
    shapes.put(vision + "blocks.0.mlp.fc1.weight", Shape.of(16, 8));
    String text = "blip.text_encoder.";
    shapes.put(text + "embeddings.word_embeddings.weight", Shape.of(9, 6));
    shapes.put(text + "embeddings.position_embeddings.weight", Shape.of(12, 6));
    shapes.put(text + "encoder.layer.0.crossattention.self.key.weight", Shape.of(6, 8));
    shapes.put(text + "encoder.layer.0.intermediate.dense.weight", Shape.of(12, 6));
    shapes.put(text + "encoder.layer.0.output.dense.weight", Shape.of(6, 12));
    for (int position : new int[] {0, 2, 4, 6}) {
      shapes.put("mlp.layers." + position + ".weight", Shape.of(4, 6));
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> tensors.put(name, Tensor.zeros(DEVICE, DType.F32, shape)));
    byte[] words = utf8("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\n!\n\u4e2d\n");
    Map<String, byte[]> files =
        new LinkedHashMap<>(
            written(f -> SafetensorsWriter.write(f.resolve("m"), tensors, Map.of())));
    files.put("vocab.txt", words);
    return new Parser(
        "ImageReward",
        List.of(files),
        List.of(
            "[UNK]\n", "##", "\n\n", "\u00e9", "blip.text_encoder.", "crossattention", "pos_embed"),
        (name, bytes) -> name.equals("m") ? withHeaderLength(bytes) : bytes,
        folder -> {
          Tokenizer tokenizer =
              BertVocabulary.open(folder.resolve("vocab.txt"), List.of("[DEC]", "[ENC]"));
          for (String given :
              List.of("", "a ab  b!", "\u4e2d\u00e9[DEC] [SEP]x", "ab".repeat(99))) {
            tokenizer.decode(tokenizer.encode(given, 12).ids());
          }
          try (ImageRewardCheckpoint checkpoint = ImageRewardCheckpoint.open(folder.resolve("m"))) {
            BlipLayout.parameters(checkpoint.vision(), checkpoint.text());
          }
        });
  }

  /** A checkpoint of all parts with only the tensors that configurations are inferred from. */
  private static Parser singleFile() throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    String model = "model.diffusion_model.";
    shapes.put(model + "pos_embed", Shape.of(1, 4, 8));
    shapes.put(model + "x_embedder.proj.weight", Shape.of(8, 4, 1, 1));
    shapes.put(model + "y_embedder.mlp.0.weight", Shape.of(8, 6));
    shapes.put(model + "context_embedder.weight", Shape.of(8, 10));
    shapes.put(model + "joint_blocks.0.x_block.attn.qkv.weight", Shape.of(24, 8));
    shapes.put(model + "joint_blocks.0.x_block.attn.ln_q.weight", Shape.of(4));
    shapes.put(model + "final_layer.linear.weight", Shape.of(4, 8));
    shapes.put(model + "final_layer.adaLN_modulation.1.weight", Shape.of(16, 8));
    String vae = "first_stage_model.";
    shapes.put(vae + "encoder.conv_in.weight", Shape.of(4, 3, 3, 3));
    shapes.put(vae + "encoder.down.0.block.0.conv1.weight", Shape.of(4, 4, 3, 3));
    shapes.put(vae + "decoder.conv_in.weight", Shape.of(4, 4, 3, 3));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> tensors.put(name, Tensor.zeros(DEVICE, DType.BF16, shape)));
    return new Parser(
        "single file",
        List.of(written(f -> SafetensorsWriter.write(f.resolve("m"), tensors, Map.of()))),
        List.of("model.diffusion_model.", "joint_blocks.1.", "qkv", "scaled_fp8", "\"F8_E4M3\""),
        (_, bytes) -> withHeaderLength(bytes),
        folder -> {
          try (ModelCheckpoint checkpoint = ModelCheckpoint.open(folder.resolve("m"), null)) {
            for (var part : checkpoint.parts()) {
              try (TensorSource source = checkpoint.tensors(part)) {
                readAll(source);
              }
              checkpoint.config(part);
            }
          }
          Inspection.of(folder.resolve("m"), DEVICE, true);
        });
  }

  private static Parser settings() {
    String yaml =
        "# settings\nmodel: shapes\nepochs: 8\nseed: 7\nsampling: {steps: 4, solver: dpm2}\n"
            + "training:\n  learningRate: 3e-3\nadapter:\n  rank: 4\n  targets: [attn.to_q]\n"
            + "rewards: {jpeg: {weight: 1}}\n";
    return new Parser(
        "settings",
        List.of(
            Map.of("run.yaml", utf8(yaml)),
            Map.of("run.yaml", utf8(TrainConfig.official().toYaml()))),
        List.of(
            ": ", "- ", "&a ", "*a", "!!int ", "? ", "|\n  ", "<<: *a\n", "---\n", ".nan", ".inf"),
        NONE,
        folder -> {
          Path file = folder.resolve("run.yaml");
          String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
          TrainConfig.parse(file.toString(), text, TrainConfig.official()).toYaml();
        });
  }

  private static Parser journal() {
    String lines =
        "{\"epoch\":1,\"reward\":{\"total\":0.5}}\n{\"epoch\":2,\"reward\":{\"total\":1}}\n";
    return new Parser(
        "journal",
        List.of(Map.of("metrics.jsonl", utf8(lines))),
        JSON_WORDS,
        NONE,
        folder -> {
          JsonLines.read(folder.resolve("metrics.jsonl"))
              .forEach(object -> JsonLines.numbers("", object));
          JsonLines.dropAfter(folder.resolve("metrics.jsonl"), "epoch", 1);
        });
  }

  private static Parser onnx() throws IOException {
    byte[] model;
    try (InputStream in = Parsers.class.getResourceAsStream("/onnx/model.onnx")) {
      model = Objects.requireNonNull(in).readAllBytes();
    }
    return new Parser(
        "ONNX model",
        List.of(Map.of("model.onnx", model)),
        List.of("Loop", "Scan", "If", "Expand", "Tile", "Range", "Concat", "\u0008", "\uffff"),
        NONE,
        folder -> {
          try (OnnxNetwork network = OnnxNetwork.load(folder.resolve("model.onnx"), DEVICE)) {
            Map<String, Value> inputs = new LinkedHashMap<>();
            network
                .inputs()
                .forEach(
                    port -> inputs.put(port.name(), NdArray.zeros(ElementType.FLOAT, Shape.of(3))));
            network.run(inputs);
          }
        });
  }

  private static Parser pictures() {
    BufferedImage image = new BufferedImage(9, 7, BufferedImage.TYPE_INT_RGB);
    image.setRGB(3, 3, 0xff8000);
    BufferedImage grey = new BufferedImage(5, 5, BufferedImage.TYPE_BYTE_GRAY);
    return new Parser(
        "pictures",
        List.of(
            Map.of("p", Png.encode(image, Map.of("k", "v"))),
            Map.of("p", Png.encode(grey)),
            Map.of("p", Jpeg.encode(image, 0.8f))),
        List.of("IHDR", "IDAT", "PLTE", "tRNS", "zTXt", "iCCP"),
        (_, bytes) -> withChecksums(bytes),
        folder -> Pixels.of(PictureFile.read(folder.resolve("p"))));
  }

  /** Reads all tensors but those of types that are only listed. */
  private static void readAll(TensorSource source) throws InvalidFileException {
    for (String name : source.names()) {
      source.shape(name);
      if (source.stored(name).dtype() != null) {
        Tensor tensor = source.tensor(name, DEVICE);
        if (tensor.dtype().isFloating()) {
          tensor.toDoubles();
          source.requireFinite(name, tensor);
        }
      }
    }
  }

  private static byte[] header(String json, int dataBytes) {
    byte[] utf8 = utf8(json);
    return ByteBuffer.allocate(Long.BYTES + utf8.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(utf8.length)
        .put(utf8)
        .array();
  }

  /** A header's length that ends where its last brace stands. */
  private static byte[] withHeaderLength(byte[] bytes) {
    int end = bytes.length - 1;
    while (end > Long.BYTES && bytes[end] != '}') {
      end--;
    }
    if (end <= Long.BYTES) {
      return bytes;
    }
    byte[] out = bytes.clone();
    ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).putLong(0, end + 1L - Long.BYTES);
    return out;
  }

  /** Right checksums of a PNG's chunks, as far as their lengths lead. */
  private static byte[] withChecksums(byte[] bytes) {
    byte[] out = bytes.clone();
    ByteBuffer file = ByteBuffer.wrap(out);
    for (long at = 8; at + 12 <= out.length; ) {
      long length = file.getInt((int) at);
      if (length < 0 || at + 12 + length > out.length) {
        return out;
      }
      CRC32 sum = new CRC32();
      sum.update(out, (int) at + 4, (int) length + 4);
      file.putInt((int) (at + 8 + length), (int) sum.getValue());
      at += 12 + length;
    }
    return out;
  }

  private interface Writing {
    void to(Path folder) throws IOException;
  }

  /** The files that something writes into an empty folder. */
  private static Map<String, byte[]> written(Writing writing) throws IOException {
    Path folder = Files.createTempDirectory("dnft-fuzz");
    writing.to(folder);
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (var list = Files.list(folder)) {
      for (Path file : list.sorted().toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
        Files.delete(file);
      }
    }
    Files.delete(folder);
    return files;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
