"""What a page says beside its content, in the most common languages of the web: data, not code."""

from __future__ import annotations

import re

_LINES = {
    "de": "teilen|auf facebook teilen|auf twitter teilen|per e-mail teilen|artikel teilen|weiterlesen"
    "|mehr lesen|lesen sie mehr|mehr erfahren|mehr anzeigen|anzeige|werbung|gesponsert|antworten"
    "|gefällt mir|kommentare|kommentar schreiben|kommentar hinterlassen|nach oben|zum seitenanfang"
    "|weiter|zurück|zum anfang|startseite|menü|suche|suchen|anmelden|einloggen|registrieren|abonnieren"
    "|newsletter abonnieren|folgen sie uns|drucken|merken|link kopieren|zum inhalt springen"
    "|ähnliche artikel|verwandte artikel|das könnte sie auch interessieren|mehr zum thema"
    "|auch interessant|alle akzeptieren|cookies akzeptieren|cookie-einstellungen",
    "fr": "partager|partager sur facebook|partager sur twitter|partager l'article|lire la suite"
    "|en savoir plus|voir plus|publicité|sponsorisé|répondre|j'aime|commentaires"
    "|laisser un commentaire|commenter|haut de page|retour en haut|suivant|précédent|accueil"
    "|recherche|rechercher|connexion|se connecter|s'inscrire|s'abonner|je m'abonne|suivez-nous"
    "|imprimer|envoyer par e-mail|copier le lien|aller au contenu|articles similaires|articles liés"
    "|sur le même sujet|à lire aussi|lire aussi|vous aimerez aussi|tout accepter"
    "|accepter les cookies|gérer les cookies",
    "es": "compartir|compartir en facebook|compartir en twitter|leer más|seguir leyendo|ver más"
    "|más información|publicidad|anuncio|patrocinado|responder|me gusta|comentarios"
    "|deja un comentario|dejar un comentario|comentar|volver arriba|subir|siguiente|anterior|inicio"
    "|menú|buscar|búsqueda|iniciar sesión|regístrate|registrarse|suscríbete|suscribirse|síguenos"
    "|imprimir|enviar por correo|copiar enlace|guardar|saltar al contenido|ir al contenido"
    "|artículos relacionados|noticias relacionadas|entradas relacionadas|te puede interesar"
    "|también te puede interesar|aceptar todo|aceptar cookies|configurar cookies",
    "it": "condividi|condividi su facebook|condividi su twitter|leggi tutto|leggi di più"
    "|continua a leggere|scopri di più|mostra di più|pubblicità|sponsorizzato|rispondi|mi piace"
    "|commenti|lascia un commento|commenta|torna su|torna all'inizio|avanti|indietro|successivo"
    "|precedente|cerca|accedi|registrati|iscriviti|abbonati|iscriviti alla newsletter|seguici"
    "|stampa|copia link|salva|vai al contenuto|articoli correlati|leggi anche|potrebbe interessarti"
    "|potrebbe interessarti anche|accetta tutto|accetta i cookie",
    "pt": "compartilhar|compartilhe|partilhar|compartilhar no facebook|compartilhar no twitter|leia mais"
    "|ler mais|continuar lendo|continue lendo|saiba mais|ver mais|publicidade|anúncio|patrocinado"
    "|responder|curtir|gosto|comentários|deixe um comentário|deixar um comentário|comentar"
    "|voltar ao topo|próximo|próxima|anterior|início|buscar|pesquisar|entrar|cadastre-se|assine"
    "|assinar|siga-nos|imprimir|enviar por e-mail|copiar link|salvar|pular para o conteúdo"
    "|artigos relacionados|notícias relacionadas|posts relacionados|leia também|veja também"
    "|você também pode gostar|aceitar tudo|aceitar cookies",
    "nl": "delen|deel dit artikel|deel op facebook|lees meer|lees verder|meer lezen|meer informatie"
    "|toon meer|advertentie|gesponsord|reageer|reageren|beantwoorden|vind ik leuk|reacties"
    "|plaats een reactie|geef een reactie|naar boven|terug naar boven|volgende|vorige|zoeken"
    "|inloggen|aanmelden|registreren|abonneren|volg ons|afdrukken|printen|kopieer link|opslaan"
    "|naar de inhoud|gerelateerde artikelen|lees ook|misschien vind je dit ook leuk"
    "|alles accepteren|cookies accepteren",
    "pl": "udostępnij|podziel się|udostępnij na facebooku|czytaj więcej|czytaj dalej|więcej|pokaż więcej"
    "|reklama|materiał sponsorowany|odpowiedz|lubię to|komentarze|dodaj komentarz|skomentuj|do góry"
    "|na górę|następny|następna|poprzedni|poprzednia|strona główna|szukaj|wyszukaj|zaloguj się"
    "|zaloguj|zarejestruj się|subskrybuj|obserwuj nas|drukuj|kopiuj link|zapisz|przejdź do treści"
    "|powiązane artykuły|zobacz także|zobacz też|czytaj także|czytaj też|akceptuj wszystkie"
    "|akceptuję",
    "tr": "paylaş|facebook'ta paylaş|twitter'da paylaş|devamını oku|devamı|daha fazla|daha fazlası|reklam"
    "|sponsorlu|yanıtla|cevapla|beğen|yorumlar|yorum yap|yorum yaz|başa dön|yukarı çık|sonraki"
    "|önceki|ana sayfa|anasayfa|menü|ara|giriş yap|üye ol|kayıt ol|abone ol|takip et"
    "|bizi takip edin|yazdır|kaydet|bağlantıyı kopyala|içeriğe geç|ilgili haberler|benzer haberler"
    "|ilgili yazılar|tümünü kabul et|çerezleri kabul et",
    "ru": "поделиться|поделиться в facebook|поделиться ссылкой|читать далее|читать дальше"
    "|читать полностью|подробнее|показать ещё|показать еще|реклама|на правах рекламы|ответить"
    "|нравится|комментарии|оставить комментарий|комментировать|наверх|вверх|вперёд|вперед|назад"
    "|следующая|предыдущая|главная|меню|поиск|найти|войти|вход|регистрация|зарегистрироваться"
    "|подписаться|подпишитесь|мы в соцсетях|распечатать|печать|версия для печати|скопировать ссылку"
    "|сохранить|перейти к содержанию|похожие статьи|похожие материалы|материалы по теме"
    "|читайте также|вам может понравиться|принять все|принять",
    "ja": "シェア|シェアする|ツイート|ツイートする|続きを読む|もっと読む|もっと見る|詳しく見る|詳細を見る"
    "|広告|スポンサーリンク|スポンサードリンク|返信|返信する|いいね|いいね!|コメント|コメントする"
    "|コメントを書く|コメントを残す|トップへ戻る|ページトップへ|ページの先頭へ|次へ|前へ|次の記事"
    "|前の記事|ホーム|メニュー|検索|ログイン|新規登録|会員登録|購読する|登録する|フォローする"
    "|フォロー|印刷|印刷する|保存|リンクをコピー|コンテンツへスキップ|本文へスキップ|関連記事"
    "|関連リンク|おすすめ記事|あわせて読みたい|こちらもおすすめ|すべて同意する|同意する",
    "ko": "공유|공유하기|페이스북 공유|트위터 공유|더보기|더 보기|계속 읽기|자세히 보기|광고|답글"
    "|답글 달기|좋아요|댓글|댓글 쓰기|댓글 달기|댓글 남기기|맨 위로|위로|다음|이전|다음글|이전글|홈"
    "|메뉴|검색|로그인|회원가입|구독|구독하기|팔로우|인쇄|인쇄하기|저장|스크랩|링크 복사|url 복사"
    "|본문 바로가기|관련기사|관련 기사|관련글|추천 기사|함께 보면 좋은 기사|모두 동의|동의",
    "zh": "分享|分享到|分享至|转发|轉發|阅读全文|閱讀全文|继续阅读|繼續閱讀|阅读更多|閱讀更多|查看更多"
    "|更多|展开全文|展开|广告|廣告|赞助|回复|回覆|点赞|點讚|赞|评论|評論|留言|发表评论|發表評論"
    "|写评论|返回顶部|回到顶部|回到頂部|下一页|下一頁|上一页|上一頁|下一篇|上一篇|首页|首頁|菜单"
    "|菜單|搜索|搜尋|登录|登錄|登入|注册|註冊|订阅|訂閱|关注|關注|关注我们|打印|列印|打印本页|收藏"
    "|复制链接|複製連結|举报|舉報|编辑|編輯|跳到内容|相关文章|相關文章|相关阅读|相關閱讀|相关新闻"
    "|相關新聞|相关链接|延伸阅读|延伸閱讀|推荐阅读|推薦閱讀|猜你喜欢|责任编辑|同意|接受",
    "ar": "شارك|مشاركة|شارك على فيسبوك|شارك على تويتر|اقرأ المزيد|إقرأ المزيد|قراءة المزيد|المزيد"
    "|عرض المزيد|إعلان|إعلانات|رد|إعجاب|أعجبني|تعليقات|التعليقات|اترك تعليقا|اترك تعليقاً|أضف تعليق"
    "|العودة إلى الأعلى|التالي|السابق|الرئيسية|القائمة|بحث|ابحث|تسجيل الدخول|إنشاء حساب|اشترك"
    "|تابعنا|طباعة|نسخ الرابط|حفظ|انتقل إلى المحتوى|مقالات ذات صلة|مواضيع ذات صلة|أخبار ذات صلة"
    "|اقرأ أيضا|اقرأ أيضاً|قد يعجبك أيضا|موافق|قبول الكل",
    "hi": "शेयर करें|साझा करें|और पढ़ें|पूरा पढ़ें|आगे पढ़ें|अधिक पढ़ें|और देखें|विज्ञापन|जवाब दें"
    "|उत्तर दें|पसंद करें|टिप्पणियाँ|टिप्पणी करें|कमेंट करें|ऊपर जाएं|अगला|पिछला|होम|मेन्यू|खोजें"
    "|लॉग इन करें|लॉगिन|साइन इन करें|साइन अप करें|सब्सक्राइब करें|फॉलो करें|हमें फॉलो करें"
    "|प्रिंट करें|लिंक कॉपी करें|संबंधित लेख|संबंधित खबरें|ये भी पढ़ें|यह भी पढ़ें|इसे भी पढ़ें"
    "|स्वीकार करें",
}

LINES = frozenset(line.casefold() for lines in _LINES.values() for line in lines.split("|"))
"""Lines, in lower case, that are no content whatever they stand in: share, read more, reply, menu, accept."""

_POINTERS = (
    r"read (?:more|also|next|the full)|see (?:also|more)|also (?:read|see|on|in)|related(?: \w+)?|don.t miss|also",
    r"watch(?: now)?|more (?:from|on|about)|recommended|further reading|click here",
    r"mehr (?:zum thema|dazu)|lesen sie (?:auch|mehr)|lies auch|siehe auch|auch interessant|weiterlesen",
    r"(?:à )?lire (?:aussi|également)|voir aussi|à voir(?: aussi)?|lisez aussi|sur le même sujet",
    r"lea también|leer también|lee también|lee más|te puede interesar|ver también|vea también|además|más información",
    r"leggi anche|leggi (?:di più|tutto)|vedi anche|guarda anche|potrebbe interessarti",
    r"leia (?:também|mais)|veja (?:também|mais)|saiba mais|confira também",
    r"lees (?:ook|meer|verder)|zie ook|bekijk ook",
    r"(?:czytaj|zobacz|przeczytaj|sprawdź) (?:także|też|również|więcej|wideo)",
    r"ayrıca (?:bakınız|oku)|ilgili haber(?:ler)?|bunu da oku|devamını oku",
    r"читайте также|читать также|смотрите также|материалы по теме|по теме|подробнее",
    r"関連記事|関連リンク|あわせて読みたい|合わせて読みたい|こちらも(?:おすすめ|読まれています)",
    r"관련\s?기사|함께 보면 좋은|더 보기",
    r"相关(?:阅读|文章|新闻|链接)|相關(?:閱讀|文章|新聞)|延伸(?:阅读|閱讀)|推荐阅读|推薦閱讀|更多(?:阅读|新闻)",
    r"[اإ]قرأ (?:أيضا|أيضاً|أيضًا|المزيد)|شاهد أيضا|مواضيع ذات صلة",
    r"(?:ये|यह|इसे) भी (?:पढ़ें|पढ़े|देखें)|और पढ़ें",
)
POINTER = re.compile(rf"[\W_]*(?:{'|'.join(_POINTERS)})(?!\w)[\W_]*", re.IGNORECASE)
"""How a line begins that only leads to another page."""

COPYRIGHT = re.compile(r"\W*(?:copyright\b|©|\(c\) ?\d{4}|all rights reserved|版权所有|版權所有|著作権)", re.IGNORECASE)
"""How a line begins that says whose a page is."""

_EDGES = "0123456789 \t\n.:!?…>»›→←‹«|[]()/·•*+-–—\u3000！：。"


def is_furniture(line: str) -> bool:
    """Whether a short line is one of those that pages have about themselves, in any of these languages."""
    return line.casefold().strip(_EDGES) in LINES
