package org.diffusionnft.weights.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.diffusionnft.models.tokenizer.Encoded;
import org.diffusionnft.models.tokenizer.Tokenizer;
import org.diffusionnft.weights.io.InvalidFileException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every lie a tokenizer's files can tell ends in one sentence that names the file. */
class HostileTokenizerTest {
  private static final String VOCABULARY =
      "{'a':0,'b':1,'b</w>':2,'ab</w>':3,'!':4,'<|startoftext|>':5,'<|endoftext|>':6}";
  @TempDir Path folder;

  @Test
  void aGoodBytePairFolder() throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "#version: 0.2\na b</w>\n");
    write("tokenizer_config.json", "{'pad_token':'!'}");
    Tokenizer tokenizer = TokenizerFolder.open(folder);
    assertArrayEquals(new long[] {5, 3, 4, 1, 2, 6, 4}, ids(tokenizer, "ab!BB", 7));
    Encoded cut = tokenizer.encode("ab ab ab", 4);
    assertArrayEquals(new long[] {5, 3, 3, 6}, cut.ids());
    assertEquals(5, cut.fullLength());
    assertEquals("ab", cut.cut());
  }

  @Test
  void tokensThatTheTextEncoderHasNotAreToldWithBothFiles() throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "#version: 0.2\na b</w>\n");
    String said = "vocab_size in text_encoder/config.json";
    assertEquals(6, TokenizerFolder.open(folder, 7, said).largestId());
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> TokenizerFolder.open(folder, 6, said));
    assertEquals(
        folder.resolve("vocab.json")
            + ": has tokens up to id 6, but vocab_size in text_encoder/config.json is 6, so 5 is"
            + " the last that the text encoder has: take tokenizer and text encoder from one model",
        e.getMessage());
  }

  @Test
  void aGoodSentencePieceFolder() throws IOException {
    Files.write(folder.resolve("spiece.model"), model());
    Tokenizer tokenizer = TokenizerFolder.open(folder);
    assertArrayEquals(new long[] {3, 4, 2, 1, 0}, ids(tokenizer, "ab??", 5));
    assertArrayEquals(new long[] {103, 1}, ids(tokenizer, "<extra_id_1>", 2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':0,'a':1} | a a | key 'a' stands twice in one object",
        "`{'a':0,'b':0,'<|endoftext|>':2}` | a b | both have the id 0",
        "`{'a':0,'b':2000000000}` | a b | token 'b' the id 2000000000, but has only 2 tokens",
        "`{'a':0,'b':2}` | a b | token 'b' the id 2, but has only 2 tokens",
        "{'a':-1} | a b | token 'a' the impossible id '-1'",
        "{'a':1.5} | a b | impossible id",
        "{'a':0,'b':1} | a b | `needs the token '<|endoftext|>', which the vocabulary lacks`",
        "[] | a b | is not a JSON object",
        "{'a' | a b | is not valid JSON",
        "GOOD | a b | needs the token 'ab', which the vocabulary lacks",
        "GOOD | a x | needs the token 'x', which the vocabulary lacks",
        "GOOD | a b c | line 1 is 'a b c', not two tokens",
        "GOOD | ab | line 1 is 'ab', not two tokens",
      })
  void lyingBytePairs(String vocabulary, String merges, String message) throws IOException {
    write("vocab.json", vocabulary.equals("GOOD") ? VOCABULARY : vocabulary);
    write("merges.txt", merges);
    assertInvalid(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'pad_token':'?'} | names the special token '?', which the vocabulary lacks",
        "{'pad_token':{'content':3}} | needs a token's text",
        "{'added_tokens_decoder':{'4':{'content':'a'}}} | 'a' has id '4', but the vocabulary says"
            + " 0",
        "{'extra_ids':1e9} | ok",
        "{'pad_token':5} | needs a token's text as pad_token, not '5'",
        "{'pad_token':['!']} | needs a token's text as pad_token",
        "{'extra_special_tokens':{'x':'a'}} | needs a list of tokens as extra_special_tokens",
        "{'added_tokens_decoder':[]} | needs an object as added_tokens_decoder",
        "{'bos_token':{'content':'a','lstrip':'yes'}} | true or false under 'lstrip', not"
            + " '\"yes\"'",
      })
  void lyingSpecialTokens(String config, String message) throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "a b</w>");
    write("tokenizer_config.json", config);
    if (message.equals("ok")) {
      TokenizerFolder.open(folder);
    } else {
      assertInvalid(message);
    }
  }

  /** What published files hold besides special tokens. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'add_prefix_space':false,'clean_up_tokenization_spaces':true,'do_lower_case':true,"
            + "'errors':'replace','model_max_length':77,'tokenizer_class':'CLIPTokenizer'}",
        "{'model_max_length':1000000000000000019884624838656,'padding_side':'right',"
            + "'processor_class':'CLIPProcessor','use_fast':true,'extra_special_tokens':{},"
            + "'name_or_path':'openai/clip','special_tokens_map_file':'./special_tokens_map.json'}",
        "{'bos_token':{'__type':'AddedToken','content':'<|startoftext|>','normalized':true},"
            + "'backend':'tokenizers','is_local':true,'local_files_only':true,'_note':1}",
      })
  void optionsOfPublishedClip(String config) throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "a b</w>");
    write("tokenizer_config.json", config);
    TokenizerFolder.open(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'model_max_length':40} | `model_max_length '40', but only 77 is supported`",
        "{'model_max_length':'77'} | a number under 'model_max_length'",
        "{'padding_side':'left'} | `padding_side '\"left\"', but only \"right\" is supported`",
        "{'truncation_side':'left'} | truncation_side",
        "{'add_prefix_space':true} | add_prefix_space 'true', but only false",
        "{'add_bos_token':false} | add_bos_token 'false', but only true",
        "{'add_eos_token':false} | add_eos_token",
        "{'do_lower_case':false} | do_lower_case",
        "{'split_special_tokens':true} | split_special_tokens",
        "{'tokenizer_class':'BertTokenizer'} | tokenizer_class",
        "{'strange':3} | the option 'strange' of CLIP's tokenizer with the value '3'",
      })
  void optionsThatWouldChangeClipsIds(String config, String message) throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "a b</w>");
    write("tokenizer_config.json", config);
    assertInvalid(message);
  }

  @Test
  void anOptionInTheMapOfSpecialTokens() throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "a b</w>");
    write("special_tokens_map.json", "{'strange':3}");
    assertInvalid("special_tokens_map.json: has the option 'strange'");
  }

  @Test
  void tokensThatStandInAListOfTheirOwn() throws IOException {
    write("vocab.json", VOCABULARY);
    write("merges.txt", "a b</w>");
    write("tokenizer_config.json", "{'pad_token':'!','eos_token':'<|endoftext|>'}");
    write("added_tokens.json", "{'!':4,'<|endoftext|>':6}");
    TokenizerFolder.open(folder);
    write("added_tokens.json", "{'!':4,'<new>':7}");
    assertInvalid("added_tokens.json: adds the token '<new>' with the id '7'");
    write("added_tokens.json", "{'!':3}");
    assertInvalid("added_tokens.json: adds the token '!' with the id '3'");
  }

  @Test
  void optionsOfPublishedT5() throws IOException {
    Files.write(folder.resolve("spiece.model"), model());
    write(
        "tokenizer_config.json",
        "{'add_prefix_space':true,'clean_up_tokenization_spaces':true,'eos_token':'</s>',"
            + "'extra_ids':100,'legacy':true,'model_max_length':512,'pad_token':'<pad>',"
            + "'sp_model_kwargs':{},'tokenizer_class':'T5Tokenizer','unk_id':2,"
            + "'unk_token':'<unk>','full_tokenizer_file':null}");
    TokenizerFolder.open(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'padding_side':'left'} | padding_side",
        "{'legacy':false} | legacy 'false', but only true is supported",
        "{'add_prefix_space':false} | add_prefix_space 'false', but only true",
        "{'add_eos_token':false} | add_eos_token",
        "{'unk_id':3} | unk_id '3', but only 2",
        "{'sp_model_kwargs':{'enable_sampling':true}} | the option 'sp_model_kwargs' of T5's",
        "{'tokenizer_class':'CLIPTokenizer'} | tokenizer_class",
      })
  void optionsThatWouldChangeT5sIds(String config, String message) throws IOException {
    Files.write(folder.resolve("spiece.model"), model());
    write("tokenizer_config.json", config);
    assertInvalid(message);
  }

  private static final String T5_JSON =
      "{'added_tokens':[{'id':1,'content':'</s>','special':true}],"
          + "'normalizer':{'type':'Lowercase'},"
          + "'pre_tokenizer':{'type':'Sequence','pretokenizers':[{'type':'WhitespaceSplit'},"
          + "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always'}]},"
          + "'post_processor':{'type':'TemplateProcessing','single':[{'Sequence':{'id':'A'}},"
          + "{'SpecialToken':{'id':'</s>'}}],'special_tokens':{'</s>':{'ids':[1]}}},"
          + "'model':{'type':'Unigram','unk_id':2,"
          + "'byte_fallback':false,'vocab':[['<pad>',0],['</s>',0],['<unk>',0],['▁a',-1.5]]}}";

  /** Whoever reads tokenizer.json finds the steps there; the option says how it was made. */
  @Test
  void legacyCountsOnlyWhereTheTokenizerIsMadeOfPieces() throws IOException {
    write("tokenizer.json", T5_JSON);
    write("tokenizer_config.json", "{'legacy':false,'extra_ids':0}");
    assertArrayEquals(new long[] {3, 1, 0}, ids(TokenizerFolder.open(folder), "A", 3));
    for (String rebuilt : new String[] {"from_slow", "add_prefix_space"}) {
      write("tokenizer_config.json", "{'legacy':false,'" + rebuilt + "':true}");
      assertInvalid("legacy 'false', but only true is supported");
    }
    write("tokenizer.json", T5_JSON.replace("always", "first"));
    write("tokenizer_config.json", "{'legacy':false}");
    assertInvalid("a Metaspace other than T5's");
  }

  private static final String CLIP_JSON =
      "{'padding':null,'truncation':null,"
          + "'added_tokens':[{'id':5,'content':'<|startoftext|>','special':true},"
          + "{'id':6,'content':'<|endoftext|>'},{'id':7,'content':'<more>'}],"
          + "'normalizer':{'type':'Strip','strip_left':true,'strip_right':true},"
          + "'pre_tokenizer':{'type':'Sequence','pretokenizers':[{'type':'Split','pattern':"
          + "{'Regex':'\\\\s+'},'behavior':'Removed','invert':true},"
          + "{'type':'ByteLevel','add_prefix_space':false,'use_regex':true}]},"
          + "'post_processor':{'type':'RobertaProcessing','sep':['<|endoftext|>',6],"
          + "'cls':['<|startoftext|>',5]},'model':{'type':'BPE','unk_token':'<|endoftext|>',"
          + "'end_of_word_suffix':'</w>','vocab':"
          + VOCABULARY
          + ",'merges':['a b</w>']}}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'<|endoftext|>',6] ~ '<|endoftext|>',5] ~ has the id '5', but its vocabulary says 6",
        "'<|endoftext|>',6] ~ '<|endoftext|>',-1] ~ has the id '-1', but its vocabulary says 6",
        "'<|endoftext|>',6] ~ '<|endoftext|>','6'] ~ but its vocabulary says 6",
        "'<|startoftext|>',5] ~ '<|startoftext|>',7] ~ but its vocabulary says 5",
        "{'id':6, ~ {'id':5, ~ '<|endoftext|>' the id 5, but its vocabulary says that it is 6",
        "{'id':7, ~ {'id':5, ~ '<more>' the id 5, but the next that is free is 7",
        "['a b</w>'] ~ null ~ needs a list as merges, not 'null'",
        "'strip_left':true ~ 'strip_left':'yes' ~ true or false under 'strip_left'",
        "'invert':true ~ 'invert':'true' ~ true or false under 'invert'",
        "'use_regex':true ~ 'use_regex':1 ~ true or false under 'use_regex'",
        "'special':true ~ 'special':'no' ~ true or false under 'special'",
        "'padding':null ~ 'padding':{'direction':'Left'} ~ on another side than the right",
        "'truncation':null ~ 'truncation':{'direction':'Left'} ~ on another side than the right",
      })
  void lyingTokenizerJsonOfClip(String change) throws IOException {
    String[] parts = change.split(" ~ ", -1);
    write("tokenizer.json", CLIP_JSON);
    assertEquals(7, TokenizerFolder.open(folder).largestId());
    assertTrue(CLIP_JSON.contains(parts[0]), parts[0]);
    write("tokenizer.json", CLIP_JSON.replace(parts[0], parts[1]));
    assertInvalid(parts[2]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'Unigram' | 'WordPiece' | the model 'WordPiece', which neither CLIP's nor T5's",
        "'WhitespaceSplit' | 'Digits' | the pre_tokenizer 'Digits'",
        "'always' | 'first' | a Metaspace other than T5's",
        "{'type':'Lowercase'} | {'type':'Precompiled','precompiled_charsmap':'!'} | base64",
        "{'type':'Lowercase'} | {'type':'Precompiled','precompiled_charsmap':'AAAA'} | too few",
        "{'type':'Lowercase'} | {'type':'Precompiled','precompiled_charsmap':'/////w=='}"
            + " | claims a trie of 4294967295 bytes",
        "{'type':'Lowercase'} | {'type':'Replace','pattern':{'Regex':'(a+)+$'},'content':''}"
            + " | the pattern '(a+)+$'",
        "{'type':'Lowercase'} | {'type':'Replace','pattern':{'String':'a'},'content':'aa'}"
            + " | by the longer 'aa'",
        "{'type':'Lowercase'} | {'type':'Replace','pattern':{'Regex':' {2,}'},'content':'  '}"
            + " | by the longer '  '",
        "{'type':'Lowercase'} | {'type':'Replace','pattern':{'String':'a'},'content':5}"
            + " | a text as the content of a Replace",
        "{'type':'WhitespaceSplit'} | {'type':'ByteLevel'},{'type':'ByteLevel'}"
            + " | the step 'ByteLevel' twice",
        "{'type':'WhitespaceSplit'} |"
            + " {'type':'Metaspace','replacement':'▁','prepend_scheme':'always'} | the step"
            + " 'Metaspace' twice",
        "'unk_id':2 | 'unk_id':9 | unknown token has id 9, but there are 4 pieces",
        "['▁a',-1.5] | ['▁a','x'] | not a text and a score",
        "['▁a',-1.5] | ['',-1.5] | is impossible",
        "['▁a',-1.5] | ['▁a',1e999] | is impossible",
        "{'id':'</s>'} | {'id':'</q>'} | has no token '</q>' in its vocabulary",
        "'id':1, | 'id':-1, | impossible id",
        "'id':1, | 'id':2000000000, | impossible id '2000000000'",
        "'byte_fallback':false | 'byte_fallback':true | byte_fallback 'true'",
        "'ids':[1] | 'ids':[2] | has the id '2', but its vocabulary says 1",
        "'ids':[1] | 'ids':[1,1] | has the id '[1,1]', but its vocabulary says 1",
        "'unk_id':2 | 'unk_id':'2' | a whole number under 'unk_id'",
      })
  void lyingTokenizerJson(String good, String bad, String message) throws IOException {
    write("tokenizer.json", T5_JSON);
    assertArrayEquals(new long[] {3, 1, 0}, ids(TokenizerFolder.open(folder), "A", 3));
    assertTrue(T5_JSON.contains(good), good);
    write("tokenizer.json", T5_JSON.replace(good, bad));
    assertInvalid(message);
  }

  /** A few bytes that would make a million tokens. */
  @Test
  void numbersOfExtraTokensAreBounded() throws IOException {
    Files.write(folder.resolve("spiece.model"), model());
    write("tokenizer_config.json", "{'extra_ids':1001}");
    assertInvalid("a whole number up to 1000 under 'extra_ids', not '1001'");
  }

  /** One character that would become the whole file. */
  @Test
  void replacementsOfACharacterMapAreShort() throws IOException {
    byte[] map = new byte[4 + 4 + 300];
    map[0] = 4;
    java.util.Arrays.fill(map, 8, map.length, (byte) 'x');
    String json =
        "{'normalizer':{'type':'Precompiled','precompiled_charsmap':'"
            + java.util.Base64.getEncoder().encodeToString(map)
            + "'},'pre_tokenizer':{'type':'WhitespaceSplit'},'post_processor':{'type':"
            + "'TemplateProcessing','single':[{'Sequence':{}},{'SpecialToken':{'id':'b'}}]},"
            + "'model':{'type':'Unigram','unk_id':0,'vocab':[['a',0],['b',0]]}}";
    write("tokenizer.json", json);
    assertInvalid("a replacement of more than 256 bytes");
  }

  @Test
  void lyingSentencePieces() throws IOException {
    byte[] good = model();
    Path file = folder.resolve("spiece.model");
    Files.write(file, new byte[] {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 1});
    assertInvalid("claims a field of 268435455 bytes where 1 are left");
    Files.write(file, new byte[] {0x0a, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1});
    assertInvalid("claims a field of 18446744073709551615 bytes");
    Files.write(file, new byte[] {0x0b});
    assertInvalid("field of unknown type 3");
    Files.write(file, new byte[] {0x0a, 2, 0x08, 0});
    assertInvalid("field 1 as type 0 instead of 2");
    Files.write(file, new byte[] {0x12, 2, 0x18, 2});
    assertInvalid("of another kind than unigram");
    Files.write(file, new byte[0]);
    assertInvalid("has no piece for what is unknown");
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    twice.writeBytes(good);
    twice.writeBytes(good);
    Files.write(file, twice.toByteArray());
    assertInvalid("two pieces for what is unknown, 2 and 7");
  }

  @Tag("slow")
  @Test
  void damagedSentencePiecesNeverEndInAnythingElse() throws IOException {
    byte[] good = model();
    Random random = new Random(7);
    for (int i = 0; i < 3000; i++) {
      byte[] bytes = java.util.Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int k = random.nextInt(4); k > 0 && bytes.length > 0; k--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(folder.resolve("spiece.model"), bytes);
      try {
        TokenizerFolder.open(folder).encode("a ab <unk> ?", 12);
      } catch (InvalidFileException e) {
        assertFalse(e.getMessage().contains("\n"));
      }
    }
  }

  @Test
  void foldersWithoutATokenizer() {
    assertInvalid("holds no tokenizer");
    InvalidFileException e =
        assertThrows(
            InvalidFileException.class, () -> TokenizerFolder.open(folder.resolve("absent")));
    assertTrue(e.getMessage().endsWith("no such folder"), e.getMessage());
  }

  private static long[] ids(Tokenizer tokenizer, String text, int length) {
    return tokenizer.encode(text, length).ids();
  }

  private void assertInvalid(String message) {
    InvalidFileException e =
        assertThrows(InvalidFileException.class, () -> TokenizerFolder.open(folder));
    assertTrue(e.getMessage().startsWith(folder.toString()), e.getMessage());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content.replace('\'', '"'));
  }

  /** Pieces pad, end, unknown, ▁a, b, and T5's kind of model. */
  private static byte[] model() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    piece(out, "<pad>", 0, 3);
    piece(out, "</s>", 0, 3);
    piece(out, "<unk>", 0, 2);
    piece(out, "\u2581a", -2, 1);
    piece(out, "b", -3, 1);
    out.writeBytes(new byte[] {0x12, 2, 0x18, 1});
    return out.toByteArray();
  }

  private static void piece(ByteArrayOutputStream out, String text, float score, int type) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int bits = Float.floatToIntBits(score);
    out.write(0x0a);
    out.write(utf8.length + 9);
    out.write(0x0a);
    out.write(utf8.length);
    out.writeBytes(utf8);
    out.writeBytes(
        new byte[] {
          0x15, (byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)
        });
    out.writeBytes(new byte[] {0x18, (byte) type});
  }
}
