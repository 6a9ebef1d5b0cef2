"""A tokenizer of the teacher's form that knows every letter and the words it is given."""

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

LETTERS = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
PIECES = ["[PAD]", "[unused]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def tokenizer(*words):
    numbers = {piece: number for number, piece in enumerate([*PIECES, *words])}
    made = Tokenizer(WordPiece(numbers, unk_token="[UNK]"))
    made.normalizer = BertNormalizer()
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        "[CLS] $A [SEP]", None, [(mark, numbers[mark]) for mark in ("[CLS]", "[SEP]")]
    )
    made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return made
