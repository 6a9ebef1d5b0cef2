"""Secrets that are known by their own form: keys and tokens of providers.

The forms are those the providers document or are seen to issue. Lengths are the least that still tell a token from a
word, not what is issued today: a token that was cut, or grew, is a secret all the same.
"""

from itertools import product

from aiops_agent.assembly.rule import BEFORE, Rule

_HEX = "0123456789abcdef"
_OPENINGS = (" ", "=", ":", '"', "'", ">", ",", "(", "\n", "3d")

_CLOUDS = (
    Rule("aws_key", ("akia", "asia", "abia", "acca", "a3t"), r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}"),
    Rule("aws_session", ("iqojb3jpz2lu", "fwogzxivyxdz"), r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[\w/+=%-]{20,}"),
    Rule(
        "aws_bedrock_key", ("absk", "bedrock-api-key-"), r"ABSK[A-Za-z0-9+/]{60,}={0,2}|bedrock-api-key-[\w+/=-]{20,}"
    ),
    Rule("google_key", ("aiza", "ya29.", "gocspx-"), r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"),
    Rule("google_key", ("goog1", "1//0"), r"GOOG1[A-Z0-9]{20,}|1//0[\w-]{30,}"),
    Rule("azure_secret", ("q~",), r"[A-Za-z0-9_~.]{3}\dQ~[\w~.-]{25,}"),
    Rule("alibaba_key", ("ltai",), r"LTAI[A-Za-z0-9]{12,}"),
    Rule("tencent_key", ("akid",), BEFORE + r"AKID[A-Za-z0-9]{20,}"),
    Rule("volcengine_key", ("aklt", "altak"), BEFORE + r"(?:AKLT|ALTAK)[A-Za-z0-9]{16,}"),
    Rule("yandex_key", ("aqvn", "t1."), r"AQVN[\w-]{30,}|t1\.[\w-]+={0,2}\.[\w-]{60,}={0,2}"),
    Rule("digitalocean_token", ("dop_v1_", "doo_v1_", "dor_v1_"), r"do[opr]_v1_[0-9A-Fa-f]{32,}"),
    Rule("heroku_key", ("hrku-",), r"HRKU-[\w-]{30,}"),
    Rule("fly_token", ("fo1_", "fm1a_", "fm1r_", "fm2_"), r"fo1_[\w-]{30,}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{40,}={0,3}"),
    Rule("scalingo_token", ("tk-us-",), r"tk-us-[\w-]{32,}"),
    Rule("cloudflare_key", ("v1.0-",), r"v1\.0-[0-9a-f]{24}-[0-9a-f]{60,}"),
    Rule("planetscale_token", ("pscale_",), r"pscale_(?:tkn|pw|oauth)_[\w=.-]{24,}"),
    Rule("supabase_key", ("sbp_", "sb_secret_"), r"sbp_[0-9a-f]{32,}|sb_secret_[\w-]{20,}"),
    Rule("clickhouse_key", ("4b1d",), BEFORE + r"4b1d[A-Za-z0-9]{38}"),
    Rule("vercel_token", ("vcp_", "vci_", "vca_", "vcr_", "vck_"), BEFORE + r"vc[ipark]_[A-Za-z0-9]{24,}"),
    Rule("netlify_token", ("nfp_",), BEFORE + r"nfp_[A-Za-z0-9]{32,}"),
    Rule("tailscale_key", ("tskey-",), r"tskey-[a-z]+-[\w-]{16,}"),
    Rule("databricks_token", ("dapi",), BEFORE + r"dapi[0-9a-f]{32}(?:-\d)?"),
    Rule("openshift_token", ("sha256~",), r"sha256~[\w-]{40,}"),
    Rule("intra42_secret", ("s-s4t2",), r"s-s4t2(?:ud|af)-[0-9a-f]{40,}"),
    Rule("defined_networking_key", ("dnkey-",), r"dnkey-[\w=-]{20,}"),
)

_CODE = (
    Rule("github_token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{16,}"),
    Rule("github_token", ("github_pat_",), r"github_pat_\w{20,}"),
    Rule(
        "gitlab_token",
        *(
            ("glpat-", "gldt-", "glft-", "glsoat-", "glrt-", "glcbt-", "glptt-", "glimt-", "glagent-", "gloas-"),
            r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|imt|agent|oas)-[\w.-]{16,}",
        ),
    ),
    Rule(
        "gitlab_token",
        ("glffct-", "glrtr-", "glwt-", "gr1348941"),
        r"gl(?:ffct|rtr|wt)-[\w.-]{16,}|GR1348941[\w-]{16,}",
    ),
    Rule("atlassian_token", ("atatt3", "atctt3", "atbb"), r"AT[AC]TT3[\w=-]{20,}|ATBB[A-Za-z0-9]{24,}"),
    Rule("circleci_token", ("ccipat_", "cciprj_"), r"CCI(?:PAT|PRJ)_[\w-]{20,}"),
    Rule("npm_token", ("npm_",), BEFORE + r"npm_[A-Za-z0-9]{24,}"),
    Rule("pypi_token", ("pypi-",), r"pypi-[\w-]{30,}"),
    Rule("rubygems_key", ("rubygems_",), r"rubygems_[0-9a-f]{32,}"),
    Rule("clojars_token", ("clojars_",), r"(?i:clojars_[a-z0-9]{40,})"),
    Rule("crates_token", ("cio",), BEFORE + r"cio[A-Za-z0-9]{32}"),
    Rule("docker_token", ("dckr_",), r"dckr_(?:pat|oat)_[\w-]{20,}"),
    Rule("artifactory_key", ("akcp", "cmvmd"), r"AKCp[A-Za-z0-9]{50,}|cmVmd[A-Za-z0-9]{50,}"),
    Rule("harness_key", ("pat.", "sat."), BEFORE + r"(?:pat|sat)\.[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    Rule("octopus_key", ("api-",), BEFORE + r"API-[A-Z0-9]{25,}"),
    Rule("sonar_token", ("squ_", "sqp_", "sqa_"), BEFORE + r"sq[upa]_[0-9a-f]{32,}"),
    Rule("sourcegraph_token", ("sgp_",), r"sgp_(?:(?:[0-9a-fA-F]{16}|local)_)?[0-9a-fA-F]{32,}"),
    Rule("pulumi_token", ("pul-",), BEFORE + r"pul-[0-9a-f]{32,}"),
    Rule("infracost_key", ("ico-",), BEFORE + r"ico-[A-Za-z0-9]{32,}"),
    Rule("prefect_key", ("pnu_", "pnb_"), BEFORE + r"pn[ub]_[A-Za-z0-9]{30,}"),
    Rule("postman_key", ("pmak-",), r"PMAK-[0-9a-fA-F]{20,}(?:-[0-9a-fA-F]+)?"),
    Rule("readme_key", ("rdme_",), r"rdme_[a-z0-9]{40,}"),
    Rule("buildkite_token", ("bkua_",), r"bkua_[0-9a-f]{32,}"),
    Rule("expo_token", ("expo",), BEFORE + r"expo_[A-Za-z0-9_-]{32,}"),
    Rule("settlemint_token", ("sm_aat_", "sm_pat_", "sm_sat_"), r"sm_[aps]at_[A-Za-z0-9]{16,}"),
)

_VAULTS = (
    Rule("vault_token", ("hvs.", "hvb.", "hvr."), r"hv[sbr]\.[\w-]{20,}"),
    Rule(
        "vault_token", tuple(f"{mark}s." for mark in _OPENINGS), BEFORE + r"s\.[A-Za-z0-9]{24}(?:\.[A-Za-z0-9]{5})?\b"
    ),
    Rule("terraform_token", ("atlasv1",), r"[A-Za-z0-9]{10,}\.atlasv1\.[\w=-]{40,}"),
    Rule("doppler_token", ("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{36,}"),
    Rule("onepassword_key", ("a3-", "ops_ey"), r"A3-[A-Z0-9]{6}-[A-Z0-9-]{20,}|ops_eyJ[A-Za-z0-9+/]{60,}={0,3}"),
    Rule("age_key", ("age-secret-key-1",), r"(?i:age-secret-key-1[a-z0-9]{40,})"),
    Rule("infisical_token", ("st.",), BEFORE + r"st\.[0-9a-f-]{24,}\.[0-9a-f]{24,}\.[0-9a-f]{24,}"),
)

_TALK = (
    Rule("slack_token", ("xox", "xapp-"), r"xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|(?i:xapp-\d-[a-z0-9-]{12,})"),
    Rule("slack_webhook", ("hooks.slack",), r"(hooks\.slack(?:-gov)?\.com(?:\\?/|%2F))[\w\\/%-]{12,}"),
    Rule("discord_webhook", ("api/webhooks", r"api\/webhooks"), r"(api\\?/webhooks\\?/)\d{10,}\\?/[\w-]{20,}"),
    Rule("discord_token", ("discord", "bot "), BEFORE + r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}"),
    Rule("teams_webhook", ("webhook.office", "webhook/", "incomingwebhook"), r"(/webhook(?:b2)?/)[\w@-]{36,}/\S+"),
    Rule("feishu_webhook", ("bot/v2/hook",), r"(open-apis\\?/bot\\?/v2\\?/hook\\?/)[\w-]{20,}"),
    Rule("zapier_webhook", ("hooks.zapier", "hooks/catch"), r"(hooks\\?/catch\\?/)\d+\\?/\w+"),
    Rule("ifttt_key", ("/with/key/",), r"(/with/key/)[\w-]{16,}"),
    Rule("telegram_token", (":aa",), r"\d{6,12}:AA[\w-]{30,}"),
    Rule("sendgrid_key", ("sg.",), BEFORE + r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    Rule("mailgun_key", ("key-",), BEFORE + r"(?:pub)?key-[0-9a-f]{32}"),
    Rule("mailgun_key", ("mailgun",), r"[0-9a-h]{32}-[0-9a-h]{8}-[0-9a-h]{8}"),
    Rule("mailchimp_key", ("-us",), r"[0-9a-f]{32}-us\d{1,2}"),
    Rule("sendinblue_key", ("xkeysib-", "xsmtpsib-"), r"x(?:key|smtp)sib-[0-9a-f]{40,}(?:-[A-Za-z0-9]+)?"),
    Rule("twilio_key", tuple("sk" + digit for digit in _HEX), BEFORE + r"SK[0-9a-fA-F]{32}"),
    Rule("twilio_key", tuple("ac" + digit for digit in _HEX), BEFORE + r"AC[0-9a-f]{32}"),
    Rule("resend_key", ("re_",), BEFORE + r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    Rule("postmark_token", ("postmark",), r"(?i:(postmark[\w-]{0,20}[\s:=\"']{1,4}))[0-9a-f-]{36}"),
    Rule("facebook_token", ("eaa",), BEFORE + r"EAA[A-Za-z0-9]{60,}"),
    Rule("facebook_token", ("facebook",), r"\d{15,16}(?:\||%7C)[\w-]{27,40}"),
    Rule("twitter_token", ("a" * 20,), r"A{20,}[A-Za-z0-9%]{50,}"),
)

_MONEY = (
    Rule(
        "stripe_key",
        tuple(f"{who}_{where}_" for who, where in product(("sk", "rk", "pk"), ("live", "test", "prod"))),
        r"[srp]k_(?:live|test|prod)_\w{8,}",
    ),
    Rule("stripe_key", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{16,}"),
    Rule("square_token", ("sq0", "eaaa"), r"sq0(?:atp|csp|idp)-[\w-]{20,}|EAAA[\w-]{22,}"),
    Rule("paypal_token", ("access_token$",), r"access_token\$(?:production|sandbox)\$[a-z0-9]{8,}\$[0-9a-f]{16,}"),
    Rule("plaid_token", ("access-",), r"access-(?:sandbox|development|production)-[0-9a-f-]{30,}"),
    Rule("shopify_token", ("shp",), r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{24,}"),
    Rule("shippo_token", ("shippo_",), r"shippo_(?:live|test)_[0-9a-fA-F]{32,}"),
    Rule("duffel_token", ("duffel_",), r"duffel_(?:test|live)_[\w=-]{32,}"),
    Rule("easypost_key", ("ezak", "eztk"), r"EZ[AT]K[A-Za-z0-9]{40,}"),
    Rule("flutterwave_key", ("flwseck", "flwpubk"), r"FLW(?:SEC|PUB)K(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?"),
    Rule("live_key", ("live_", "test_"), BEFORE + r"(?:live|test)_(?:pub_)?(?:[0-9a-f]{31,}|[\w=-]{40})\b"),
    Rule("razorpay_key", ("rzp_",), r"rzp_(?:live|test)_[A-Za-z0-9]{12,}"),
    Rule("braintree_token", ("access_token$",), r"access_token\$[\w$]{30,}"),
)

_WATCHERS = (
    Rule("grafana_key", ("glc_", "glsa_"), r"gl(?:c_[A-Za-z0-9+/]{30,}={0,3}|sa_[A-Za-z0-9]{30,}(?:_[0-9A-Fa-f]{8})?)"),
    Rule("grafana_key", ("eyjrijoi",), r"eyJrIjoi[A-Za-z0-9+/]{40,}={0,3}"),
    Rule("newrelic_key", ("nrak-", "nrjs-", "nrii-", "nraa-", "nral"), r"NR(?:AK|JS|II|AA|RA)-[A-Za-z0-9_-]{17,}"),
    Rule("newrelic_key", ("nral",), r"[0-9a-f]{36}NRAL"),
    Rule("dynatrace_token", ("dt0",), r"dt0[a-z]\d\d\.[A-Za-z0-9]{20,}\.[A-Za-z0-9]{40,}"),
    Rule("sentry_token", ("sntrys_", "sntryu_"), r"sntry[su]_[A-Za-z0-9+/=_-]{32,}"),
    Rule("honeycomb_key", ("hcaik_", "hcalk_"), r"hca[il]k_[a-z0-9]{20,}"),
    Rule("maxmind_key", ("_mmk",), r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"),
    Rule(
        "launchdarkly_key",
        ("sdk-", "mob-"),
        BEFORE + r"(?:sdk|mob|api)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    ),
)

_MODELS = (
    Rule("openai_key", ("sk-", "t3blbkfj"), BEFORE + r"sk-[\w-]{20,}"),
    Rule("huggingface_token", ("hf_", "api_org_"), BEFORE + r"(?:hf|api_org)_[A-Za-z0-9]{24,}"),
    Rule("perplexity_key", ("pplx-",), r"pplx-[A-Za-z0-9]{32,}"),
    Rule("replicate_token", ("r8_",), BEFORE + r"r8_[A-Za-z0-9]{30,}"),
    Rule("groq_key", ("gsk_",), BEFORE + r"gsk_[A-Za-z0-9]{32,}"),
    Rule("xai_key", ("xai-",), BEFORE + r"xai-[A-Za-z0-9]{40,}"),
    Rule("nvidia_key", ("nvapi-",), r"nvapi-[\w-]{40,}"),
    Rule("langchain_key", ("lsv2_",), r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{8,}"),
    Rule("pinecone_key", ("pcsk_",), r"pcsk_[A-Za-z0-9_]{32,}"),
)

_DESKS = (
    Rule("linear_key", ("lin_",), r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    Rule("notion_token", ("ntn_", "secret_"), BEFORE + r"(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b"),
    Rule("airtable_token", ("pat",), BEFORE + r"pat[A-Za-z0-9]{14}\.[0-9a-f]{48,}"),
    Rule("adobe_secret", ("p8e-",), r"p8e-[A-Za-z0-9_-]{28,}"),
    Rule("typeform_token", ("tfp_",), r"tfp_[\w=.-]{40,}"),
    Rule("frameio_token", ("fio-u-",), r"fio-u-[\w=-]{40,}"),
    Rule(
        "dropbox_token",
        ("sl.", "aaaaaaaaaa"),
        BEFORE + r"(?:sl\.(?:u\.)?[\w=-]{100,}|[a-z0-9]{11}AAAAAAAAAA[\w=-]{40,})",
    ),
    Rule("figma_token", ("figd_", "figu_"), r"fig[du]_[\w-]{36,}"),
    Rule("contentful_token", ("cfpat-",), r"CFPAT-[\w-]{40,}"),
    Rule("hubspot_token", ("pat-na", "pat-eu"), r"pat-(?:na|eu)\d-[0-9a-f-]{30,}"),
    Rule("asana_token", ("1/", "2/"), BEFORE + r"[12]/\d{15,17}(?:/\d{15,17})?:[0-9a-f]{32}"),
    Rule(
        "authress_key",
        ("acc_", "acc-"),
        r"(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\.[A-Za-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[\w+/=-]{30,}",
    ),
    Rule("okta_token", ("ssws",), r"(?i:(ssws\s+))[\w=-]{20,}"),
)

TOKENS = _CLOUDS + _CODE + _VAULTS + _TALK + _MONEY + _WATCHERS + _MODELS + _DESKS
